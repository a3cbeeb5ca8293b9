// Can this boot set be kept and measured? One that comes from outside is checked whole before anything is worked out from it: sizes, names, digests, layout.
// Says nothing about whether a measurement is one to accept.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { fullFirmware, type BootFile, type BootSet } from "./boot-set.ts";
import { firmwareFault } from "./firmware.ts";
import { vcpuSignature as signatureOf } from "./vcpu.ts";
import { vmms } from "./vmsa.ts";

/** `measure.boot-set` names what is wrong; `measure.command-line`, `measure.kernel-empty`. */
export function checkBootSet(set: Omit<BootSet, "measurement">): Result<void> {
  const { direct, firmware } = set;
  const fault = fileFault(firmware, "firmware") ?? layoutFault(set) ?? cpuFault(set);
  if (fault !== undefined) return fail(failure("measure.boot-set", fault));
  if (direct === undefined) return ok(undefined);
  const { kernel, initrd, commandLine } = direct;
  const kernelFault = fileFault(kernel, "kernel") ?? (initrd === undefined ? undefined : fileFault(initrd, "initrd"));
  if (kernelFault !== undefined) return fail(failure("measure.boot-set", kernelFault));
  if (kernel.bytes === 0) return fail(failure("measure.kernel-empty"));
  if (commandLine.includes("\0")) return fail(failure("measure.command-line"));
  if (commandLine.length > maximumCommandLine) return fail(failure("measure.boot-set", `command line of ${commandLine.length}`));
  // Half a character has no bytes that could be measured.
  return /\p{Cs}/u.test(commandLine) ? fail(failure("measure.boot-set", "command line")) : ok(undefined);
}

/** One line that shows what it says. */
export function isPrintable(text: string, most: number): boolean {
  return text.length >= 1 && text.length <= most && text.trim() === text && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

function fileFault({ name, sha256, bytes }: BootFile, what: string): string | undefined {
  if (!isPrintable(name, maximumName)) return `${what}: name`;
  if (!/^[0-9a-f]{64}$/.test(sha256)) return `${what}: digest`;
  return Number.isSafeInteger(bytes) && bytes >= 0 ? undefined : `${what}: size`;
}

function layoutFault({ firmware }: Pick<BootSet, "firmware">): string | undefined {
  if (!/^[0-9a-f]{96}$/.test(firmware.launchDigest)) return "firmware: launch digest";
  const fault = firmwareFault(fullFirmware(firmware));
  return fault === undefined ? undefined : `firmware: ${fault}`;
}

function cpuFault({ vcpuModel, vcpuSignature, guestFeatures, vmm }: Omit<BootSet, "measurement">): string | undefined {
  if (!isPrintable(vcpuModel, maximumName)) return "vCPU model";
  if (!Number.isInteger(vcpuSignature) || vcpuSignature < 0 || vcpuSignature > 0xffff_ffff) return "vCPU signature";
  // A person reads the name, and the processor measures the number.
  const named = signatureOf(vcpuModel);
  if (named !== undefined && named !== vcpuSignature) return `vCPU signature: not that of ${vcpuModel}`;
  if (!/^0x[0-9a-f]{1,16}$/.test(guestFeatures)) return "guest features";
  return vmms.includes(vmm) ? undefined : "VMM";
}

const maximumName = 200;
/** As Linux has it on x86, twice. */
const maximumCommandLine = 4096;
