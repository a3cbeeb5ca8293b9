// Does the VM with the agent start by firmware too? By ordinary OVMF, and by the AmdSev build with the page that is measured, under the measurement that the
// owner's files have and the manager demands; while keys are typed at the firmware. Started by `npm run test:vm`.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { needsFile } from "../kit/needs.ts";
import { decide, expectBoot, expectPowerOff, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import { type BootFiles, firmwareFor, firmwareWords, measurementFor, measuringFirmware, ordinaryFirmware } from "./firmware.ts";
import { bootByFirmware } from "./firmware-boot.ts";
import type { Initrd } from "./initramfs.ts";
import { type LaunchChoices, type Launched, type Scene } from "./scene.ts";

describe.skipIf(lacksSomething())("a VM with an encrypted root that is booted by firmware", () => {
  let scene: Scene;
  let initrd: Initrd;
  let files: BootFiles;
  withScene((opened) => {
    scene = opened;
    initrd = installedInitrd();
    files = { kernel: contents(initrd.kernel), initrd: contents(initrd.path), commandLine: initrd.commandLine };
  });

  test("opens its root by ordinary OVMF, whatever is typed", { timeout: 2 * patience }, async () => {
    await expectOpened("ordinary-firmware", { initrd, more: firmwareWords(ordinaryFirmware) });
  });

  describe("that compares with the measured page", needsFile(measuringFirmware.image, "ovmf-amdsev"), () => {
    let demanded: Uint8Array;
    let edited: BootFiles;
    beforeAll(() => {
      demanded = measurementFor(files);
      edited = { ...files, commandLine: `${files.commandLine} ${word}` };
    });

    test("opens its root under the measurement of the owner's files, whatever is typed", { timeout: 2 * patience }, async () => {
      const more = firmwareWords(firmwareFor(files, scene.folder));
      await expectOpened("measured", { initrd, more, measurement: { demanded, said: measurementFor(files) } });
    });

    test("never gets as far as the kernel with one word more on its command line", { timeout: patience }, async () => {
      const firmware = firmwareFor(files, scene.folder);
      const { ending, console } = await bootByFirmware({ folder: scene.folder, firmware, files: edited });
      expect(ending, console).toBe("stands still");
      expect(console).not.toMatch(/EFI stub|Linux version|portcullis/i);
    });

    test("is refused where the host has changed the page too: it is another measurement", { timeout: 2 * patience }, async () => {
      const more = firmwareWords(firmwareFor(edited, scene.folder));
      const measurement = { demanded, said: measurementFor(edited) };
      const launched = await scene.launch("other-page", { initrd, more, moreOfCommandLine: word, measurement });
      await bounded(launched, () => expectPowerOff(launched, "exit 13: the manager refused"));
      const [launch] = launched.launches();
      expect(launch?.state).toBe("refused");
      expect(launch?.checks?.flatMap(({ code }) => code ?? [])).toEqual(["appraise.measurement"]);
    });
  });

  async function expectOpened(name: string, choices: LaunchChoices): Promise<void> {
    const launched = await scene.launch(name, choices);
    await bounded(launched, async () => {
      await decide(scene, launched, "approve");
      await expectBoot(launched);
    });
    expect(launched.launches()).toMatchObject([{ state: "opened", outcome: [{ disk: "root", opened: true }] }]);
  }
});

/** A VM that comes to no end is ended from outside, and the expectation says so with its console. */
async function bounded({ machine }: Launched, expectation: () => Promise<void>): Promise<void> {
  const late = setTimeout(() => void machine.close(), patience);
  try {
    await expectation();
  } finally {
    clearTimeout(late);
  }
}

function contents(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

/** A host would like it. */
const word = "init=/bin/sh";
