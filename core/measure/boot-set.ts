// Which boot files and which vCPUs make one measurement? A set as it is kept, shown and measured again: digests of the files, never the files.
// Plain JSON. Whoever reads one from outside measures it again (measureBootSet): the measurement that it names is a claim.
import { fromHex, toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { parseFirmware, type FirmwareSection } from "./firmware.ts";
import { commandLineHash, type BootHashes } from "./kernel-hashes.ts";
import { LaunchDigest } from "./launch-digest.ts";
import { firmwareSteps, measureRest } from "./measure.ts";
import type { Vmm } from "./vmsa.ts";

export type BootFile = {
  /** As the owner calls it: a path, a version. */
  readonly name: string;
  /** Hex, 32 bytes. */
  readonly sha256: string;
  readonly bytes: number;
};

/** All of a firmware file that a measurement needs: the dear part is done once. */
export type MeasuredFirmware = BootFile & {
  /** Hex, 48 bytes: the launch digest after the file's own pages. */
  readonly launchDigest: string;
  readonly resetEip?: number;
  readonly hashTable?: { readonly base: number; readonly size: number };
  readonly sections: readonly FirmwareSection[];
};

export type BootSet = {
  readonly firmware: MeasuredFirmware;
  /** Absent: started without a kernel of its own, or without kernel-hashes. */
  readonly direct?: DirectBoot;
  readonly vcpus: number;
  /** As the host spells it: "EPYC-Milan-v2", "host". */
  readonly vcpuModel: string;
  /** CPUID Fn0000_0001 EAX. */
  readonly vcpuSignature: number;
  /** SEV_FEATURES, "0x…". */
  readonly guestFeatures: string;
  readonly vmm: Vmm;
  /** Hex, 48 bytes. */
  readonly measurement: string;
};

export type DirectBoot = {
  readonly kernel: BootFile;
  readonly initrd?: BootFile;
  /** Without its NUL. */
  readonly commandLine: string;
};

/** @param bytes the whole file. */
export function measureFirmwareFile(
  name: string,
  bytes: Uint8Array,
  primitives: Primitives,
  progress?: (share: number) => void,
): Result<MeasuredFirmware> {
  const steps = firmwareFileSteps(name, bytes, primitives);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    progress?.(step.value);
  }
}

/** The same for a host that has other things to do meanwhile. Yields the share that is done, 0 to 1. */
export function* firmwareFileSteps(
  name: string,
  bytes: Uint8Array,
  primitives: Primitives,
): Generator<number, Result<MeasuredFirmware>, undefined> {
  const parsed = parseFirmware(bytes);
  if (!parsed.ok) return parsed;
  const { resetEip, hashTable, sections } = parsed.value;
  const digest = yield* firmwareSteps(bytes, primitives);
  return ok({
    name,
    sha256: toHex(primitives.digest("sha256", bytes)),
    bytes: bytes.length,
    launchDigest: toHex(digest.value),
    ...(resetEip === undefined ? {} : { resetEip }),
    ...(hashTable === undefined ? {} : { hashTable }),
    sections,
  });
}

export function measureBootSet(set: Omit<BootSet, "measurement">, primitives: Primitives): Result<BootSet> {
  const { firmware, direct, vcpus, vcpuSignature, guestFeatures, vmm } = set;
  const launchDigest = fromHex(firmware.launchDigest);
  const boot = direct === undefined ? ok(undefined) : bootHashes(direct, primitives);
  if (!boot.ok) return boot;
  if (launchDigest?.length !== 48 || !/^0x[0-9a-f]{1,16}$/.test(guestFeatures)) return fail(failure("measure.boot-set"));
  const measured = measureRest(LaunchDigest.from(launchDigest, primitives), fullFirmware(firmware), {
    boot: boot.value,
    vcpus,
    vcpuSignature,
    guestFeatures: BigInt(guestFeatures),
    vmm,
    primitives,
  });
  return measured.ok ? ok({ ...set, measurement: toHex(measured.value) }) : measured;
}

/** As measure.ts takes it. */
export function fullFirmware({ bytes, resetEip, hashTable, sections }: MeasuredFirmware): Parameters<typeof measureRest>[1] {
  return { size: bytes, resetEip, hashTable, sections };
}

function bootHashes({ kernel, initrd, commandLine }: DirectBoot, primitives: Primitives): Result<BootHashes> {
  if (commandLine.includes("\0")) return fail(failure("measure.command-line"));
  const [image, ramdisk] = [fromHex(kernel.sha256), initrd === undefined ? primitives.digest("sha256") : fromHex(initrd.sha256)];
  if (image?.length !== 32 || ramdisk?.length !== 32) return fail(failure("measure.boot-set"));
  if (kernel.bytes === 0) return fail(failure("measure.kernel-empty"));
  return ok({ kernel: image, initrd: ramdisk, commandLine: commandLineHash(commandLine, primitives) });
}
