// Which firmware starts the VM, and what does it compare kernel, initrd and command line with? Debian's ordinary OVMF compares nothing; its AmdSev build
// compares with the hash page of core/measure, which QEMU itself places only for an SEV guest: under emulation its loader device puts the same page there.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianFolder } from "../../build/debian-packages.mjs";
import { must } from "../../core/base/result.ts";
import { pageSize, parseFirmware } from "../../core/measure/firmware.ts";
import { type BootHashes, commandLineHash, hashPage } from "../../core/measure/kernel-hashes.ts";
import { measureLaunch } from "../../core/measure/measure.ts";
import { vcpuSignature } from "../../core/measure/vcpu.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

/** What a host hands over, or what an owner has measured. */
export interface BootFiles {
  readonly kernel: Uint8Array;
  /** Undefined: left out. */
  readonly initrd: Uint8Array | undefined;
  readonly commandLine: string;
}

export interface VmFirmware {
  /** Path of the firmware's file. */
  readonly image: string;
  /** Of the file with the hash page, and where in the guest's memory it goes. */
  readonly hashes?: { readonly file: string; readonly gpa: number };
}

export const ordinaryFirmware: VmFirmware = { image: join(debianFolder, "trixie/usr/share/ovmf/OVMF.fd") };
/** Of Debian's package ovmf-amdsev. */
export const measuringFirmware: VmFirmware = { image: join(debianFolder, "forky/usr/share/ovmf/OVMF.amdsev.fd") };

/** The measuring firmware with the page that an owner's kit has for these files. @param folder ours alone; the page is written there. */
export function firmwareFor(files: BootFiles, folder: string): VmFirmware {
  const { hashTable, sections } = must(parseFirmware(firmwareBytes()));
  const section = sections.find(({ kind }) => kind === "kernel-hashes");
  if (hashTable === undefined || section === undefined) throw new Error(`${measuringFirmware.image} has no place for hashes`);
  const file = join(folder, `hashes-${counter++}.page`);
  writeFileSync(file, hashPage(hashesOf(files), hashTable.base % pageSize));
  return { ...measuringFirmware, hashes: { file, gpa: section.gpa } };
}

/** What an SEV-SNP processor would say of a launch with that page. @returns 48 bytes. */
export function measurementFor(files: BootFiles): Uint8Array {
  const signature = vcpuSignature("EPYC-Milan-v2");
  if (signature === undefined) throw new Error("no such model");
  const machine = { vcpus: 1, vcpuSignature: signature, guestFeatures: 1n, vmm: "qemu" } as const;
  return must(measureLaunch({ firmware: firmwareBytes(), boot: hashesOf(files), ...machine, primitives: nodePrimitives }));
}

/** For QEMU's command line. */
export function firmwareWords({ image, hashes }: VmFirmware): readonly string[] {
  const placed = hashes === undefined ? [] : ["-device", `loader,file=${hashes.file},addr=0x${hashes.gpa.toString(16)},force-raw=on`];
  return ["-bios", image, ...placed];
}

function firmwareBytes(): Uint8Array {
  return new Uint8Array(readFileSync(measuringFirmware.image));
}

/** Of the files as they are: since QEMU 10 the firmware is handed the kernel without the changes that QEMU makes for its own loader. */
function hashesOf({ kernel, initrd = new Uint8Array(), commandLine }: BootFiles): BootHashes {
  return {
    kernel: nodePrimitives.digest("sha256", kernel),
    initrd: nodePrimitives.digest("sha256", initrd),
    commandLine: commandLineHash(commandLine, nodePrimitives),
  };
}

let counter = 0;
