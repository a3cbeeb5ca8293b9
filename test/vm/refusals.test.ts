// Does a VM in which anything is off power off, with one line that says why and the right record, and with no key left in its memory?
// Keys are typed at the console all the time. Started by `npm run test:vm`.
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytes } from "../launch/kit.ts";
import { editHeader } from "../luks/edited-header.ts";
import { startRealManager } from "../proofs/real-manager.ts";
import { startChangingDisk } from "./changing-disk.ts";
import { dataDisk, rootDisk } from "./encrypted-disks.ts";
import { decide, expectPowerOff, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import type { Initrd } from "./initramfs.ts";
import { startRelay } from "./relay.ts";
import type { Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("a VM powers off", { timeout: patience }, () => {
  let scene: Scene;
  let initrd: Initrd;
  withScene((opened) => {
    scene = opened;
    initrd = installedInitrd();
  });

  test("when its owner says no", async () => {
    const launched = await scene.launch("denied", { initrd });
    await decide(scene, launched, "deny");
    await expectPowerOff(launched, "exit 13: the manager refused");
    expect(launched.launches()).toMatchObject([{ state: "denied" }]);
  });

  test("when the host has changed its configuration, before it asks for a key", async () => {
    const launched = await scene.launch("changed", { initrd, edited: (text) => text.replace("/dev/vda", "/dev/vdb") });
    await expectPowerOff(launched, "exit 11: the host runs this VM with another configuration than was attested");
    expect(launched.machine.console()).not.toContain("agent.released");
    expect(launched.launches()).toMatchObject([{ state: "abandoned" }]);
  });

  test("where there is no configuration that can be used", async () => {
    const launched = await scene.launch("broken", { initrd, edited: () => "{}" });
    await expectPowerOff(launched, "exit 10: no usable configuration");
    expect(launched.launches()).toEqual([]);
  });

  test("where the manager is another one", async () => {
    const other = await startRealManager({ folder: join(scene.folder, "other"), keychain: "sealed-file" });
    const port = await other.listen(0, (channel) => void other.manager.accept(channel));
    const launched = await scene.launch("other-manager", { initrd, port, giveUpAfter: 3 });
    await expectPowerOff(launched, "exit 15: gave up waiting for the manager");
    expect(launched.machine.console()).toContain('"code":"agent.manager-untrusted"');
    expect([...launched.launches(), ...other.manager.launches({ limit: 10 })]).toEqual([]);
    await other.manager.stop();
  });

  test("with the wrong key", async () => {
    const launched = await scene.launch("wrong-key", { initrd, rootKey: bytes(64) });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, "exit 14: not every disk opened");
    expect(launched.launches()).toMatchObject([{ state: "open-failed", outcome: [{ opened: false, code: "agent.disk-key" }] }]);
  });

  test("with swapped disks, before a key is tried, and with nothing left open", async () => {
    const disks = [rootDisk, dataDisk].map((disk) => ({ ...disk, uuid: scene.disk(disk.id).uuid }));
    const launched = await scene.launch("swapped", { initrd, disks, drives: (disk) => [disk("data").image, disk("root").image] });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, "exit 14: not every disk opened");
    expect(launched.launches()).toMatchObject([
      {
        state: "open-failed",
        outcome: [
          { disk: "root", opened: false, code: "agent.disk-other" },
          { disk: "data", opened: false, code: "agent.disk-closed" },
        ],
      },
    ]);
  });

  test("where one disk opens and the other does not: the open one is closed again", async () => {
    const launched = await scene.launch("half", {
      initrd,
      disks: [rootDisk, dataDisk],
      drives: (disk) => [disk("root").image, disk("root").image],
    });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, "exit 14: not every disk opened");
    expect(launched.launches()).toMatchObject([
      { state: "open-failed", outcome: [{ opened: false }, { opened: false, code: "agent.disk-key" }] },
    ]);
  });

  test("with a header that asks for no encryption", async () => {
    const launched = await scene.launch("null-cipher", { initrd, drives: (disk) => [withoutCipher(disk("root").image, "null.img")] });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, "exit 14: not every disk opened");
    expect(launched.launches()).toMatchObject([{ state: "open-failed", outcome: [{ opened: false, code: "agent.disk-header" }] }]);
  });

  test("with a header that was changed between the look at it and its use", async () => {
    const genuine = scene.disk("root").image;
    const changed = readFileSync(withoutCipher(genuine, "changed.img")).subarray(0, 2 ** 24);
    const disk = await startChangingDisk(join(scene.folder, "changing.sock"), genuine, changed);
    const launched = await scene.launch("changing", { initrd, drives: () => [disk.address] });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, "exit 14: not every disk opened");
    expect(launched.launches()).toMatchObject([{ state: "open-failed", outcome: [{ opened: false, code: "agent.disk-changed" }] }]);
    expect(disk.wasSeen()).toBe(true);
    disk.close();
  });

  test("when nobody decided in the time that the policy gives, and the configuration's is over too", async () => {
    const launched = await scene.launch("late", { initrd, approvalSeconds: 30, giveUpAfter: 1 });
    await launched.pending();
    await expectPowerOff(launched, "exit 15: gave up waiting for the manager");
    expect(launched.launches()).toMatchObject([{ state: "expired" }]);
  });

  test("when the manager is gone in the middle and does not come back", async () => {
    const relay = await startRelay("127.0.0.1", scene.port);
    const launched = await scene.launch("gone", { initrd, port: relay.port, giveUpAfter: 3 });
    await launched.pending();
    relay.cut();
    await expectPowerOff(launched, "exit 15: gave up waiting for the manager");
    expect(launched.launches()).toMatchObject([{ state: "abandoned" }]);
  });

  function withoutCipher(image: string, name: string): string {
    const copy = join(scene.folder, name);
    copyFileSync(image, copy);
    editHeader(copy, (text) => text.replaceAll("aes-xts-plain64", "cipher_null-ecb"));
    return copy;
  }
});
