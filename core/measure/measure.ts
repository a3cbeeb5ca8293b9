// Which measurement will this launch have? Firmware, boot hashes and vCPUs, in the VMM's order (QEMU's target/i386/sev.c; AMD 56860 for the chain).
// Pure and whole: it reads no file, and what it is not given is not guessed.
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { pageSize, parseFirmware, type Firmware, type FirmwareSection } from "./firmware.ts";
import { hashPage, type BootHashes } from "./kernel-hashes.ts";
import { LaunchDigest, pageType } from "./launch-digest.ts";
import { bootEip, vmsaPage, type Vmm } from "./vmsa.ts";

export interface MeasureInput {
  /** The whole firmware file. */
  readonly firmware: Uint8Array;
  /** Undefined: the VM is started without a kernel of its own, or without kernel-hashes. */
  readonly boot: BootHashes | undefined;
  readonly vcpus: number;
  /** CPUID Fn0000_0001 EAX of the vCPU model. */
  readonly vcpuSignature: number;
  /** SEV_FEATURES; QEMU on a mainline kernel has 0x1. */
  readonly guestFeatures: bigint;
  readonly vmm: Vmm;
  readonly primitives: Primitives;
  /** Called now and then with the share that is done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** @returns 48 bytes. */
export function measureLaunch(input: MeasureInput): Result<Uint8Array> {
  const firmware = parseFirmware(input.firmware);
  if (!firmware.ok) return firmware;
  const afterFirmware = measureFirmware(input.firmware, input);
  return measureRest(afterFirmware, firmware.value, input);
}

/** The part that depends on the firmware file alone: the dear one, which an explainer computes once. */
export function measureFirmware(
  firmware: Uint8Array,
  { primitives, progress }: Pick<MeasureInput, "primitives" | "progress">,
): LaunchDigest {
  const steps = firmwareSteps(firmware, primitives);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    progress?.(step.value);
  }
}

/** The same for a host that has other things to do meanwhile. Yields the share that is done, 0 to 1. */
export function* firmwareSteps(firmware: Uint8Array, primitives: Primitives): Generator<number, LaunchDigest, undefined> {
  const digest = new LaunchDigest(primitives);
  const base = fourGiB - firmware.length;
  for (let at = 0; at < firmware.length; at += pageSize) {
    digest.addPage(pageType.normal, BigInt(base + at), firmware.subarray(at, at + pageSize));
    if (at % progressEvery === 0) yield at / firmware.length;
  }
  return digest;
}

/** @param digest as {@link measureFirmware} left it; it is added to. */
export function measureRest(digest: LaunchDigest, firmware: Firmware, input: Omit<MeasureInput, "firmware">): Result<Uint8Array> {
  const { boot, vcpus, vcpuSignature, guestFeatures, vmm, primitives } = input;
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > maximumVcpus) return fail(failure("measure.vcpus", String(vcpus)));
  if (boot !== undefined && firmware.hashTable === undefined) return fail(failure("measure.firmware-no-hashes"));
  const { resetEip } = firmware;
  if (vcpus > 1 && resetEip === undefined) return fail(failure("measure.firmware-one-vcpu"));
  addSections(digest, firmware, boot, vmm);
  const contents = (eip: number): Uint8Array => primitives.digest("sha384", vmsaPage({ vmm, eip, vcpuSignature, guestFeatures }));
  digest.addDigest(pageType.vmsa, vmsaGpa, contents(bootEip));
  if (vcpus === 1) return ok(digest.value);
  const further = contents(resetEip ?? bootEip);
  for (let vcpu = 1; vcpu < vcpus; vcpu++) digest.addDigest(pageType.vmsa, vmsaGpa, further);
  return ok(digest.value);
}

/** What comes between the firmware file and the vCPUs. @param boot undefined: started without hashes. */
export function addSections(digest: LaunchDigest, firmware: Firmware, boot: BootHashes | undefined, vmm: Vmm): void {
  for (const section of firmware.sections) addSection(digest, section, firmware, boot, vmm);
}

function addSection(
  digest: LaunchDigest,
  { gpa, size, kind }: FirmwareSection,
  { hashTable }: Firmware,
  boot: BootHashes | undefined,
  vmm: Vmm,
): void {
  if (kind === "secrets") return digest.addEmpty(pageType.secrets, BigInt(gpa));
  if (kind === "cpuid") return digest.addEmpty(pageType.cpuid, BigInt(gpa));
  if (kind === "kernel-hashes" && boot !== undefined && hashTable !== undefined)
    return digest.addPage(pageType.normal, BigInt(gpa), hashPage(boot, hashTable.base % pageSize));
  const type = kind === "sec-mem" && vmm === "gce" ? pageType.unmeasured : pageType.zero;
  for (let at = 0; at < size; at += pageSize) digest.addEmpty(type, BigInt(gpa + at));
}

const fourGiB = 2 ** 32;
/** Every VMSA page is measured at this address, whichever vCPU it is for. */
export const vmsaGpa = 0xffff_ffff_f000n;
const maximumVcpus = 4096;
const progressEvery = 2 ** 18;
