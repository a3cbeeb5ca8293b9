// Does a VM get to its manager over every network that docs/agent.md names, and leave none of it behind? A real VM for each; what "late" means is said by
// the VM itself, on its console, never by a clock. Started by `npm run test:vm`.
import { afterAll, describe, expect, test } from "vitest";
import { decide, expectBoot, expectPowerOff, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import type { Initrd } from "./initramfs.ts";
import { type NameServer, startNameServer } from "./name-server.ts";
import { type Relay, startRelay } from "./relay.ts";
import type { Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("a VM gets to its manager", { timeout: patience }, () => {
  let scene: Scene;
  let initrd: Initrd;
  let names: NameServer;
  let relay: Relay;
  withScene(async (opened) => {
    scene = opened;
    initrd = installedInitrd();
    names = await startNameServer(managerName, "10.0.2.2");
    relay = await startRelay("::1", scene.port);
  });
  afterAll(() => {
    names.close();
    relay.cut();
  });

  test("by DHCP and a name, at its second address", async () => {
    const network = { words: device("user,id=n0", first), commandLine: "ip=dhcp", nameServer: names.address };
    const endpoints = [`${managerName}:1`, `${managerName}:${scene.port}`];
    const launched = await scene.launch("dhcp", { initrd, network, giveUpAfter, endpoints });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
    expect(launched.machine.console()).toContain(`"event":"agent.not-connected","address":"${managerName}:1","code":"agent.unreachable"`);
    expect(launched.machine.console()).not.toContain("agent.retry");
  });

  test("by router advertisement, over a link that comes up when it has stopped waiting for one", async () => {
    const network = { words: device("user,id=n0,ipv4=off", first), commandLine: "portcullis.net=any,auto6 portcullis.wait=1" };
    const launched = await scene.launch("auto6", { initrd, network, giveUpAfter, endpoints: [`[fec0::2]:${relay.port}`] });
    await launched.machine.execute("set_link", { name: "n0", up: false });
    await launched.machine.shown("portcullis: no network after 1 s; the agent goes on trying");
    await launched.machine.execute("set_link", { name: "n0", up: true });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
  });

  test("by a fixed address of IPv6 and a gateway, with a device that comes when it has stopped waiting for one", async () => {
    const commandLine = "portcullis.net=any,2001:db8::7/128,gw=fec0::3 portcullis.wait=1";
    const network = { words: ["-netdev", "user,id=n0,ipv4=off"], commandLine };
    const launched = await scene.launch("fixed6", { initrd, network, giveUpAfter, endpoints: [`[fec0::2]:${relay.port}`] });
    await launched.machine.shown("portcullis: no network after 1 s; the agent goes on trying");
    await launched.machine.execute("device_add", { driver: "virtio-net-pci", netdev: "n0", mac: first, id: "late" });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
  });

  test("by the second of two devices, named by its MAC address, and a gateway that no network has", async () => {
    const words = [...device("hubport,id=n0,hubid=0", first), ...device("user,id=n1", second)];
    const commandLine = `portcullis.net=${first},dhcp portcullis.net=${second},192.0.2.7/32,gw=10.0.2.3`;
    const endpoints = [`10.0.2.2:${scene.port}`];
    const launched = await scene.launch("second", { initrd, network: { words, commandLine }, giveUpAfter, endpoints });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
    expect(launched.machine.console()).not.toContain("no network");
  });

  test("or not: it waits no longer for a network, and for its manager, than its owner says", async () => {
    const network = { words: device("hubport,id=n0,hubid=0", first), commandLine: "portcullis.wait=3" };
    const launched = await scene.launch("none", { initrd, network, giveUpAfter: 3 });
    await expectPowerOff(launched, "exit 15: gave up waiting for the manager");
    expect(launched.machine.console()).toContain("portcullis: no network after 3 s; the agent goes on trying");
    expect(launched.launches()).toEqual([]);
  });
});

function device(network: string, mac: string): readonly string[] {
  const [, id = ""] = /id=(\w+)/.exec(network) ?? [];
  return ["-netdev", network, "-device", `virtio-net-pci,netdev=${id},mac=${mac},romfile=`];
}

/** A VM that gets nowhere says so before this test is out of patience. */
const giveUpAfter = 120;
const managerName = "manager.test";
const first = "52:54:00:12:34:56";
const second = "52:54:00:12:34:57";
