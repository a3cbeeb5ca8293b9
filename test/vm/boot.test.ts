// Does the agent stand where it belongs? A real VM: pending, approved, root opened, the real root's marker, outcome recorded. Keys are typed at the
// console all the time. Started by `npm run test:vm`.
import { describe, expect, test } from "vitest";
import { dataDisk, dataMarker, rootDisk } from "./encrypted-disks.ts";
import { decide, expectBoot, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import type { Initrd } from "./initramfs.ts";
import type { Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("a VM with an encrypted root", () => {
  let scene: Scene;
  let initrd: Initrd;
  withScene((opened) => {
    scene = opened;
    initrd = installedInitrd();
  });

  test("waits for its owner, opens its root when approved, boots it, and the record says opened", { timeout: patience }, async () => {
    const launched = await scene.launch("approved", { initrd });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
    expect(launched.launches()).toMatchObject([{ state: "opened", outcome: [{ disk: "root", opened: true }] }]);
    const { found, length } = await launched.scan();
    // The scanner finds what is there: the kernel holds the key of the open disk, and nobody holds the one that opened it.
    expect(found.join()).toContain("volume key of root");
    expect(found.filter((name) => name.startsWith("key of"))).toEqual([]);
    expect(length).toBeGreaterThan(700 * 2 ** 20);
  });

  test("opens two disks, both or none", { timeout: patience }, async () => {
    const launched = await scene.launch("two-disks", { initrd, disks: [rootDisk, dataDisk] });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
    expect(launched.machine.console()).toContain(dataMarker);
    const outcome = [
      { disk: "root", opened: true },
      { disk: "data", opened: true },
    ];
    expect(launched.launches()).toMatchObject([{ state: "opened", outcome }]);
  });
});
