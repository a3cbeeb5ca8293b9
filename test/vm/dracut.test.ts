// Does a VM boot, or power off, with dracut's initrd too, and does each kind close what was open where it cannot go on? Keys are typed at the console all
// the time. The other tests boot initramfs-tools' initrd.
import { describe, expect, test } from "vitest";
import { decide, expectBoot, expectPowerOff, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import type { Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("the package's initrd", () => {
  let scene: Scene;
  withScene((opened) => {
    scene = opened;
  });

  test("boots the real root when the owner approves, made with dracut", { timeout: patience }, async () => {
    const launched = await scene.launch("dracut-approved", { initrd: installedInitrd("dracut") });
    await decide(scene, launched, "approve");
    await expectBoot(launched);
    expect(launched.launches()).toMatchObject([{ state: "opened", outcome: [{ disk: "root", opened: true }] }]);
  });

  test("powers off when the owner says no, made with dracut", { timeout: patience }, async () => {
    const launched = await scene.launch("dracut-denied", { initrd: installedInitrd("dracut") });
    await decide(scene, launched, "deny");
    await expectPowerOff(launched, "exit 13: the manager refused");
  });

  test("powers off where the root is none of the disks that were opened, made with dracut", { timeout: patience }, async () => {
    const wrong = "root=/dev/mapper/other rootdelay=2";
    const launched = await scene.launch("dracut-no-root", { initrd: installedInitrd("dracut"), moreOfCommandLine: wrong });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, cannotGoOn);
  });

  test.each(["initramfs-tools", "dracut"] as const)(
    "gives no shell where the command line asks for one, and closes what was open, made with %s",
    { timeout: patience },
    async (kind) => {
      const launched = await scene.launch(`${kind}-break`, { initrd: installedInitrd(kind), moreOfCommandLine: asksForShell });
      await decide(scene, launched, "approve");
      await expectPowerOff(launched, cannotGoOn);
    },
  );
});

const cannotGoOn = "the initramfs cannot go on, and gives nobody a shell";
/** The package refuses to be installed with any of them. */
const asksForShell = "break=bottom rd.break=pre-mount rd.shell=1 systemd.debug_shell rd.emergency=halt";
