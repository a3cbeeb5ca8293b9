// Is what was measured what starts? Debian's AmdSev firmware with the very hash page that is measured, in an emulated VM: the owner's kernel, initrd and
// command line start, and a change of one byte in any of them, or another page, never does. Started by `npm run test:vm`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianKernel } from "../../build/debian-packages.mjs";
import { toHex, viewOf } from "../../core/base/bytes.ts";
import { needs, needsFile } from "../kit/needs.ts";
import { type BootFiles, firmwareFor, measurementFor, measuringFirmware, ordinaryFirmware, type VmFirmware } from "./firmware.ts";
import { type Boot, bootByFirmware } from "./firmware-boot.ts";
import { tinyInitrd } from "./tiny-initrd.ts";

describe("a VM that is booted by firmware", needs("debian"), () => {
  let folder: string;
  /** What the owner has measured. */
  let own: BootFiles;
  /** Each differs in one byte, in a place where the kernel would not mind. */
  let others: { readonly kernel: BootFiles; readonly initrd: BootFiles; readonly commandLine: BootFiles };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "portcullis-boot-"));
    const kernel = new Uint8Array(readFileSync(debianKernel()));
    own = { kernel, initrd: tinyInitrd(ownMarker), commandLine };
    others = {
      kernel: { ...own, kernel: withOtherVersion(kernel) },
      initrd: { ...own, initrd: tinyInitrd(otherMarker) },
      commandLine: { ...own, commandLine: commandLine.replace("-1", "-2") },
    };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("starts by ordinary OVMF, which compares nothing, with kernel, initrd and command line changed", async () => {
    const all = { kernel: others.kernel.kernel, initrd: others.initrd.initrd, commandLine: others.commandLine.commandLine };
    expectStarted(await boot(ordinaryFirmware, all), otherMarker);
  }, 150_000);

  describe("that compares with the measured page", needsFile(measuringFirmware.image, "ovmf-amdsev"), () => {
    let firmware: VmFirmware;
    beforeAll(() => {
      firmware = firmwareFor(own, folder);
    });

    test("starts with what was measured", async () => {
      expectStarted(await boot(firmware, own), ownMarker);
    }, 75_000);

    test.each(["kernel", "initrd", "commandLine"] as const)(
      "never starts with one byte changed in its %s",
      async (changed) => {
        expectNeverStarted(await boot(firmware, others[changed]), "stands still");
      },
      75_000,
    );

    test("never starts where the host leaves the initrd or the command line out", async () => {
      expectNeverStarted(await boot(firmware, { ...own, initrd: undefined }), "stands still");
      expectNeverStarted(await boot(firmware, { ...own, commandLine: "" }), "stands still");
    }, 150_000);

    test("never starts without the page: the firmware says that it has nothing to boot", async () => {
      expectNeverStarted(await boot(measuringFirmware, own), "nothing to boot");
    }, 75_000);

    test("never starts a kernel that lies on a disk, as ordinary OVMF does, whether the page is there or not", async () => {
      const disk = join(folder, "disk");
      mkdirSync(join(disk, "EFI/BOOT"), { recursive: true });
      writeFileSync(join(disk, "EFI/BOOT/BOOTX64.EFI"), own.kernel);
      expect((await bootByFirmware({ folder, firmware: ordinaryFirmware, disk })).ending).toBe("starts from a disk");
      expectNeverStarted(await bootByFirmware({ folder, firmware, disk }), "stands still");
      expectNeverStarted(await bootByFirmware({ folder, firmware: measuringFirmware, disk }), "stands still");
    }, 200_000);

    test("starts another initrd only with another page, and so under another measurement", async () => {
      expectNeverStarted(await boot(firmwareFor(others.initrd, folder), own), "stands still");
      expectStarted(await boot(firmwareFor(others.initrd, folder), others.initrd), otherMarker);
      const measurements = [own, ...Object.values(others)].map((files) => toHex(measurementFor(files)));
      expect(new Set(measurements).size).toBe(4);
    }, 150_000);
  });

  function boot(by: VmFirmware, files: BootFiles): Promise<Boot> {
    return bootByFirmware({ folder, firmware: by, files });
  }
});

function expectStarted({ ending, console }: Boot, marker: string): void {
  expect(console).toContain(marker);
  expect(ending).toBe("started");
}

/** The ending says that nothing more will come. */
function expectNeverStarted({ ending, console }: Boot, expected: Boot["ending"]): void {
  expect(ending, console).toBe(expected);
  expect(console).not.toMatch(/EFI stub|Linux version|PORTCULLIS/);
}

/** The first character of the version that the kernel's header names: read by boot loaders only (Linux boot protocol, kernel_version at 0x20e). */
function withOtherVersion(kernel: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(kernel);
  const at = viewOf(changed).getUint16(0x20e, true) + 0x200;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** On a busy machine an emulated timer ticks too late for the kernel's check of it, which then gives up; as a guest of KVM it does not check either. */
const commandLine = "console=ttyS0 panic=-1 no_timer_check";
const ownMarker = "PORTCULLIS-OWN-INITRD";
const otherMarker = "PORTCULLIS-0WN-INITRD";
