// How is a boot set shown on a terminal? Its files by their digests, and whether launches with it pass.
import type { KeptBootSetView } from "../api/boot-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import type { BootSet } from "../measure/boot-set.ts";
import { signatureText } from "../measure/vcpu.ts";
import { printable } from "./output.ts";

export function bootSetsText({ name, bootSets }: Pick<VmDetail, "name" | "bootSets">): string {
  return bootSets.length === 0 ? printable(`No boot set of ${name} is kept yet.`) : bootSets.map(bootSetText).join("\n\n");
}

/** Without its files. */
export function bootSetLine(kept: KeptBootSetView): string {
  return `boot set “${kept.label}”, ${stateText(kept)}: ${kept.set.measurement}`;
}

export function bootSetText(kept: KeptBootSetView): string {
  const { firmware, direct, vcpus, vcpuModel, vcpuSignature, guestFeatures, vmm, measurement } = kept.set;
  const files =
    direct === undefined
      ? []
      : [["kernel", direct.kernel] as const, ...(direct.initrd === undefined ? [] : [["initrd", direct.initrd] as const])];
  return [
    `${kept.id}  ${kept.label}  ${stateText(kept)}`,
    `  measurement ${measurement}`,
    ...[["firmware", firmware] as const, ...files].map(([what, { name, bytes, sha256 }]) => `  ${what} ${name}, ${bytes} bytes, ${sha256}`),
    ...(direct === undefined ? ["  no kernel is passed"] : [`  command line ${JSON.stringify(direct.commandLine)}`]),
    `  ${vcpus} vCPUs of ${vcpuModel} (${signatureText(vcpuSignature)}), guest features ${guestFeatures}, ${vmm}`,
  ]
    .map(printable)
    .join("\n");
}

/** What is rarely meant: a person pasted more than the command line. Undefined where nothing is odd. */
export function oddCommandLine({ direct }: Pick<BootSet, "direct">): string | undefined {
  if (direct === undefined || direct.commandLine === direct.commandLine.trim()) return undefined;
  return `The command line begins or ends with white space, which is measured too: ${JSON.stringify(direct.commandLine)}. The host must pass it so.`;
}

function stateText({ addedAt, approvedAt, approvalReason = "", retiredAt }: KeptBootSetView): string {
  if (retiredAt !== undefined) return `retired ${retiredAt}`;
  return approvedAt === undefined ? `a candidate since ${addedAt}` : `approved ahead ${approvedAt} (${approvalReason})`;
}
