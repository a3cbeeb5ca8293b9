// Would a prompt be seen if there were one? VMs whose initrd does give a shell, and the same words on the command line of the agent's, which gives none.
// Keys are typed at the console all the time. Started by `npm run test:vm`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { concat } from "../../core/base/bytes.ts";
import { plainBoot } from "./debian-tree.ts";
import { initlessDisk } from "./encrypted-disks.ts";
import { decide, expectPowerOff, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import { commandLine, type Initrd } from "./initramfs.ts";
import { promptIn } from "./keystrokes.ts";
import { type Launched, type Scene } from "./scene.ts";
import { laterFile } from "./tiny-initrd.ts";

describe.skipIf(lacksSomething())("keys at the console", { timeout: patience }, () => {
  let scene: Scene;
  let initrd: Initrd;
  withScene((opened) => {
    scene = opened;
    initrd = installedInitrd();
  });

  test("get an answer of a shell from an initrd without the agent", async () => {
    const { kernel, initrd: path } = plainBoot("initramfs-tools");
    const plain = withoutPanicWord({ kernel, path, commandLine });
    // Whoever ends this shell gets the next one, because no root comes.
    await expectShell(await scene.launch("shell-plain", { initrd: plain, moreOfCommandLine: "break=premount rootdelay=1" }));
  });

  test("get one from the agent's initrd without its panic script: that script is what holds", async () => {
    const path = join(scene.folder, "no-panic-script.img");
    // The kernel looks for another archive at multiples of four.
    const whole = new Uint8Array(readFileSync(initrd.path));
    const filling = new Uint8Array(-whole.length & 3);
    writeFileSync(path, concat(whole, filling, laterFile("scripts/panic/ORDER", new Uint8Array())));
    const open = { ...withoutPanicWord(initrd), path };
    const launched = await scene.launch("shell-no-script", {
      initrd: open,
      moreOfCommandLine: "break=top,modules,premount,mount,mountroot",
    });
    await expectShell(launched);
  });

  test.each(["top", "mountroot"])("get none where break=%s asks for a shell, and panic= does not forbid it", async (stop) => {
    const launched = await scene.launch(`break-${stop}`, { initrd: withoutPanicWord(initrd), moreOfCommandLine: `break=${stop}` });
    await expectPowerOff(launched, noShell);
    expect(launched.launches()).toEqual([]);
  });

  test("get none where init starts the VM again before the agent ran, as panic= has it", async () => {
    const { machine, launches } = await scene.launch("break-again", { initrd, moreOfCommandLine: "break=top" });
    expect(await machine.ended, machine.console()).toBe("reset");
    expect(promptIn(machine.console())).toBeUndefined();
    expect(launches()).toEqual([]);
  });

  test("get none where the opened root holds no file system that can be mounted", async () => {
    const launched = await scene.launch("no-file-system", { initrd, moreOfCommandLine: "rootfstype=vfat" });
    await decide(scene, launched, "approve");
    await expectPowerOff(launched, noShell);
    expect(launched.machine.console()).toContain("portcullis: all disks are open");
    expect(launched.launches()).toMatchObject([{ state: "opened" }]);
  });

  test.each(["initramfs-tools", "dracut"] as const)(
    "get none where the opened root's init is gone, and its shell is next: %s",
    async (kind) => {
      const { image, key } = scene.disk(initlessDisk.id);
      const launched = await scene.launch(`no-init-${kind}`, { initrd: installedInitrd(kind), drives: () => [image], rootKey: key });
      await decide(scene, launched, "approve");
      await expectPowerOff(launched, noShell);
      expect(launched.launches()).toMatchObject([{ state: "opened" }]);
    },
  );
});

/** The package refuses to be installed so. */
function withoutPanicWord(initrd: Initrd): Initrd {
  return { ...initrd, commandLine: initrd.commandLine.replace("panic=-1 ", "") };
}

async function expectShell({ machine }: Launched): Promise<void> {
  let hasEnded = false;
  void machine.ended.then(() => (hasEnded = true));
  await expect.poll(() => hasEnded || machine.console().includes("shell-42-answers"), { timeout: patience / 2, interval: 250 }).toBe(true);
  expect(promptIn(machine.console()), machine.console()).toBe("shell-42-answers");
  await machine.close();
}

const noShell = "the initramfs cannot go on, and gives nobody a shell";
