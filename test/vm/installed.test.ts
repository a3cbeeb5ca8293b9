// Does a VM boot, or power off, as its initrd was made by the installed package, with initramfs-tools and with dracut? Keys are typed at the console all
// the time. What the agent refuses is in refusals.test.ts; here is what each kind of initrd does about it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide, expectBoot, expectPowerOff, installedInitrd, lacksSomething, patience } from "./expectations.ts";
import type { Initrd } from "./initramfs.ts";
import { Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("the package's initrd", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open();
  }, patience);
  afterAll(() => scene.close(), patience);

  describe.each(["initramfs-tools", "dracut"] as const)("made with %s", (kind) => {
    let initrd: Initrd;
    beforeAll(() => {
      initrd = installedInitrd(kind);
    });

    test("boots the real root when the owner approves", { timeout: patience }, async () => {
      const launched = await scene.launch(`${kind}-approved`, { initrd });
      await decide(scene, launched, "approve");
      await expectBoot(launched);
      expect(launched.launches()).toMatchObject([{ state: "opened", outcome: [{ disk: "root", opened: true }] }]);
    });
    test("powers off when the owner says no", { timeout: patience }, async () => {
      const launched = await scene.launch(`${kind}-denied`, { initrd });
      await decide(scene, launched, "deny");
      await expectPowerOff(launched, "exit 13: the manager refused");
    });
    test("gives no shell where the command line asks for one, and closes what was open", { timeout: patience }, async () => {
      const launched = await scene.launch(`${kind}-break`, { initrd, moreOfCommandLine: asksForShell });
      await decide(scene, launched, "approve");
      await expectPowerOff(launched, "the initramfs cannot go on, and gives nobody a shell");
    });
    test("powers off where the root is none of the disks that were opened", { timeout: patience }, async () => {
      const launched = await scene.launch(`${kind}-no-root`, { initrd, moreOfCommandLine: "root=/dev/mapper/other rootdelay=2" });
      await decide(scene, launched, "approve");
      await expectPowerOff(launched, "the initramfs cannot go on, and gives nobody a shell");
    });
  });
});

/** The package refuses to be installed with any of them. */
const asksForShell = "break=bottom rd.break=pre-mount rd.shell=1 systemd.debug_shell rd.emergency=halt";
