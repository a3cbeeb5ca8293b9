// What does a person need to read before they approve boot files ahead? The files, the measurement and what changes in the policy, in sentences from the
// service's own record. Never abbreviates a digest, and shows a command line so that every character of it can be seen.
import { policyDifference } from "../appraise/policy-difference.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { BootFile, BootSet } from "../measure/boot-set.ts";
import { acceptedBy } from "./boot-policy.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

/** @param after the policy that the VM would have. */
export function bootSetSummary(vm: VmRecord, { label, set }: KeptBootSet, after: AppraisalPolicy): readonly string[] {
  return [
    ...(vm.simulatedAnchors === undefined ? [] : ["SIMULATED: this VM proves nothing and protects nothing."]),
    `Approve the boot set “${label}” of “${vm.name}” (${vm.id}) ahead, so that a launch with it passes?`,
    `Measurement: ${set.measurement}`,
    ...fileSentences(set),
    `vCPUs: ${set.vcpus} of ${quoted(set.vcpuModel)} (signature 0x${set.vcpuSignature.toString(16)}), guest features ${set.guestFeatures}, VMM ${set.vmm}.`,
    ...policySentences(vm, after),
    askedSentence(vm),
  ];
}

function fileSentences({ firmware, direct }: BootSet): readonly string[] {
  // SECURITY: nothing ties the digest of the firmware file to what was measured of its pages; whoever added the set has said both.
  const firmwareLines = [
    `Firmware: ${fileText(firmware)}`,
    "The firmware's SHA-256 is what was said when the set was added. The measurement counts: compare it with what `portcullis measure` says of your files.",
  ];
  if (direct === undefined)
    return [...firmwareLines, "No kernel is passed: what the firmware starts is not measured beyond the firmware file."];
  const { kernel, initrd, commandLine } = direct;
  return [
    ...firmwareLines,
    `Kernel: ${fileText(kernel)}`,
    initrd === undefined ? "No initrd." : `Initrd: ${fileText(initrd)}`,
    `Command line: ${quoted(commandLine)}`,
  ];
}

/** SECURITY: what is known comes before what a page may choose, and that is quoted: a name may look like a digest. */
function fileText({ name, bytes, sha256 }: BootFile): string {
  return `SHA-256 ${sha256}, ${bytes} bytes, called ${quoted(name)}`;
}

function policySentences(vm: VmRecord, after: AppraisalPolicy): readonly string[] {
  const version = vm.policyVersions[0]?.number ?? 0;
  const changes = policyDifference(vm.policy, after);
  if (changes.length === 0) return [`The policy accepts this measurement already, and stays at version ${version}.`];
  const compared = acceptedBy(vm.policy) === undefined ? (acceptedBy(after) ?? []) : [];
  return [
    `The policy changes from version ${version} to version ${version + 1}:`,
    ...changes.map(({ direction, title, sentence }) => `${direction === "looser" ? "LOOSER" : "Stricter"}: ${title}. ${sentence}.`),
    ...(compared.length === 0 ? [] : ["It compared no measurement so far; from then on it accepts these, and no others:"]),
    ...compared.map(({ digest, label }) => `${digest} (${label})`),
    "What passed before and is named in the policy goes on to pass, until you retire it.",
  ];
}

function askedSentence({ policy: { release }, pins }: VmRecord): string {
  if (release === "manual") return "A person is still asked about every launch.";
  if (release === "automatic") return "Nobody is asked about a launch that meets the policy.";
  return pins.length === 0
    ? "No launch of this VM was approved yet: a person is still asked about the first."
    : "A launch with it goes by itself where all else is as in a launch that a person approved: chip, signer and keys.";
}

/** Spaces at its ends can be seen, and what cannot be seen is written as its number. */
function quoted(text: string): string {
  const written = JSON.stringify(text);
  return written.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}
