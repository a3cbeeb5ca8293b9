// Does the agent stand where it belongs? A real VM: pending, approved, root opened, the real root's marker, outcome recorded; and each other ending
// powers off with its line. Started by `npm run test:vm`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { missing, tell } from "../kit/needs.ts";
import { initramfsLacks } from "./initramfs.ts";
import { marker } from "./root-disk.ts";
import { type Launched, Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("a VM with an encrypted root", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open();
  }, 120_000);
  afterAll(() => scene.close());

  test("waits for its owner, opens its root when approved, boots it, and the record says opened", async () => {
    const launched = await scene.launch("approved");
    await decide(launched, "approve");
    expect(await launched.machine.ended).toBe(0);
    const console = launched.machine.console();
    expect(console).toContain("portcullis: all disks are open");
    expect(console).toContain(marker);
    expect(console).toMatch(/^opened-after-seconds=\d+\.\d+\r?$/m);
    expect(launched.launches()).toMatchObject([{ state: "opened", outcome: [{ disk: "root", opened: true }] }]);
  }, 120_000);

  test("powers off when its owner says no", async () => {
    const launched = await scene.launch("denied");
    await decide(launched, "deny");
    expect(await launched.machine.ended).toBe(0);
    expectPowerOff(launched, "exit 13: the manager refused");
    expect(launched.launches()).toMatchObject([{ state: "denied" }]);
  }, 120_000);

  test("powers off when the host has changed its configuration, and asks for no key", async () => {
    const launched = await scene.launch("changed", (text) => text.replace("/dev/vda", "/dev/vdb"));
    expect(await launched.machine.ended).toBe(0);
    expectPowerOff(launched, "exit 11: the host runs this VM with another configuration than was attested");
    expect(launched.machine.console()).not.toContain("agent.released");
  }, 120_000);

  test("powers off where there is no configuration that can be used", async () => {
    const launched = await scene.launch("broken", () => "{}");
    expect(await launched.machine.ended).toBe(0);
    expectPowerOff(launched, "exit 10: no usable configuration");
    expect(launched.launches()).toEqual([]);
  }, 120_000);

  async function decide(launched: Launched, verdict: "approve" | "deny"): Promise<void> {
    const { id, evidenceDigest: evidence = "" } = await launched.pending();
    must(await scene.real.manager.decide({ launch: id, evidence, verdict, reason: "the VM test" }));
  }
});

/** QEMU ends with 0 after a reset too, because of -no-reboot: the line tells them apart. */
function expectPowerOff({ machine }: Launched, line: string): void {
  expect(machine.console()).toContain(`portcullis: ${line}; powering off`);
  expect(machine.console()).not.toContain(marker);
}

function lacksSomething(): boolean {
  const lacking = initramfsLacks();
  if (lacking !== undefined) tell(lacking);
  return missing("cryptsetup", "mke2fs", "debian") || lacking !== undefined;
}
