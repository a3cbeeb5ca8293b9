// What does a report say, field by field, for a person? Decoded fields in the groups of the checks, each with a sentence on what it means.
// AMD 56860, table ATTESTATION_REPORT. It judges nothing: the checks do.
import { toHex } from "../base/bytes.ts";
import type { GuestPolicy } from "../snp/guest-policy.ts";
import type { PlatformInfo } from "../snp/platform-info.ts";
import { productOf, type Product } from "../snp/product.ts";
import { firmwareText, type RawTcb, type Report } from "../snp/report.ts";
import { parseTcb } from "../snp/tcb.ts";
import type { CheckGroup } from "./result.ts";

export interface ReportField {
  readonly group: CheckGroup;
  /** AMD's spelling, e.g. MEASUREMENT. */
  readonly name: string;
  readonly value: string;
  /** What it means, one sentence. */
  readonly meaning: string;
  /** Where the value is yes or no: a permission weakens the VM's protection where it is given, a demand strengthens it; a state does neither by itself. */
  readonly bit?: Bit;
}

export type Bit = "permission" | "demand" | "state";

/** @param product what the verification found; a version 2 report does not say it itself. */
export function reportFields(report: Report, product?: Product): readonly ReportField[] {
  const named = product ?? (report.cpuid === undefined ? undefined : productOf(report.cpuid));
  return [
    ...identity(report),
    ...measurement(report),
    field("configuration", "HOST_DATA", toHex(report.hostData), "The agent configuration's digest, fixed by the host at launch."),
    ...guestPolicy(report.policy),
    ...tcb(report, named),
    ...platform(report, named),
    ...certificates(report),
    field(
      "binding",
      "REPORT_DATA",
      toHex(report.reportData),
      "Chosen by the guest: ties the report to this very launch and its sealing key.",
    ),
  ];
}

function identity(report: Report): ReportField[] {
  return [
    field("identity", "CHIP_ID", toHex(report.chipId), "The processor that made the report; zero where the host hides it."),
    field("identity", "REPORT_ID", toHex(report.reportId), "A random name of this run of the VM."),
    field("identity", "REPORT_ID_MA", toHex(report.reportIdMa), "The migration agent's REPORT_ID; all ones where there is none."),
    field("identity", "FAMILY_ID", toHex(report.familyId), "The owner's name for a family of VMs, from the ID block; zero without one."),
    field("identity", "IMAGE_ID", toHex(report.imageId), "The owner's name for this image, from the ID block; zero without one."),
    field("identity", "GUEST_SVN", `${report.guestSvn}`, "The image's security version, from the ID block."),
    field("identity", "VMPL", `${report.vmpl}`, "The privilege level that asked for the report: 0 is the most privileged part of the VM."),
  ];
}

function measurement(report: Report): ReportField[] {
  return [
    field("measurement", "MEASUREMENT", toHex(report.measurement), "Digest of all that was in the VM's memory when it started."),
    field("measurement", "ID_KEY_DIGEST", toHex(report.idKeyDigest), "Digest of the key that signed the ID block; zero without one."),
    field("measurement", "AUTHOR_KEY_DIGEST", toHex(report.authorKeyDigest), "Digest of the key that signed the ID key; zero without one."),
  ];
}

function guestPolicy(policy: GuestPolicy): ReportField[] {
  const bits: readonly (readonly [bit: Bit, name: string, set: boolean, meaning: string])[] = [
    ["permission", "SMT", policy.smt, "the VM may run where hyper-threading is on."],
    ["permission", "MIGRATE_MA", policy.migrateMa, "a migration agent may move the VM."],
    ["permission", "DEBUG", policy.debug, "the host may decrypt the VM's memory. Nothing is confidential then."],
    ["demand", "SINGLE_SOCKET", policy.singleSocket, "the VM runs on one socket only."],
    ["permission", "CXL_ALLOW", policy.cxlAllow, "CXL devices may be in use."],
    ["demand", "MEM_AES_256_XTS", policy.memAes256Xts, "memory is encrypted with AES-256-XTS."],
    ["demand", "RAPL_DIS", policy.raplDis, "running average power limit is off, which closes a side channel."],
    ["demand", "CIPHERTEXT_HIDING_DRAM", policy.ciphertextHidingDram, "the host cannot read the VM's ciphertext."],
    ["demand", "PAGE_SWAP_DISABLE", policy.pageSwapDisable, "the host may not move or swap the VM's pages."],
  ];
  return [
    field("guest-policy", "POLICY", `0x${policy.raw.toString(16)}`, "What the VM allows and demands of its host, as one number."),
    field("guest-policy", "POLICY.ABI", `${policy.abiMajor}.${policy.abiMinor}`, "The oldest firmware interface that the VM accepts."),
    ...bits.map(([bit, name, set, meaning]) =>
      flag("guest-policy", `POLICY.${name}`, set, `${bit === "permission" ? "Permission" : "Demand"}: ${meaning}`, bit),
    ),
  ];
}

function tcb(report: Report, product: Product | undefined): ReportField[] {
  return [
    field("tcb", "REPORTED_TCB", tcbText(report.reportedTcb, product), "The firmware versions that the signing key stands for."),
    field("tcb", "CURRENT_TCB", tcbText(report.currentTcb, product), "The firmware versions that run now."),
    field("tcb", "COMMITTED_TCB", tcbText(report.committedTcb, product), "The versions below which the host cannot go back any more."),
    field("tcb", "LAUNCH_TCB", tcbText(report.launchTcb, product), "The firmware versions when this VM was started."),
    field("tcb", "CURRENT_VERSION", firmwareText(report.currentVersion), "The SEV firmware that runs now."),
    field("tcb", "COMMITTED_VERSION", firmwareText(report.committedVersion), "The SEV firmware that the host has committed to."),
    ...vector("LAUNCH_MIT_VECTOR", report.launchMitVector, "Mitigations that were active when the VM was started."),
    ...vector("CURRENT_MIT_VECTOR", report.currentMitVector, "Mitigations that are active now."),
  ];
}

function vector(name: string, value: bigint | undefined, meaning: string): ReportField[] {
  return value === undefined ? [] : [field("tcb", name, `0x${value.toString(16)}`, meaning)];
}

function platform(report: Report, product: Product | undefined): ReportField[] {
  const { platformInfo: info, cpuid } = report;
  const bits: readonly (readonly [name: string, set: boolean, meaning: string])[] = [
    ["SMT_EN", info.smtEn, "Hyper-threading is on."],
    ["TSME_EN", info.tsmeEn, "All of the host's memory is encrypted as well."],
    ["ECC_EN", info.eccEn, "Memory has error correction."],
    ["RAPL_DIS", info.raplDis, "Running average power limit is off."],
    ["CIPHERTEXT_HIDING_DRAM_EN", info.ciphertextHidingDramEn, "The host cannot read the VM's ciphertext."],
    ["ALIAS_CHECK_COMPLETE", info.aliasCheckComplete, "Memory was checked for aliases since the last reset."],
    ["IOMMU_WRITE_SAFE", info.iommuWriteSafe, "Devices cannot write where they should not."],
    ["TIO_EN", info.tioEn, "Trusted input and output is on."],
  ];
  return [
    field("platform", "PRODUCT", product ?? "unknown", "The processor line, from the CPUID bytes of the report."),
    ...(cpuid === undefined
      ? []
      : [field("platform", "CPUID", `family ${cpuid.family}, model ${cpuid.model}, stepping ${cpuid.stepping}`, "The processor's model.")]),
    field("platform", "PLATFORM_INFO", `0x${info.raw.toString(16)}`, "How the host machine is set up, as one number."),
    ...bits.map(([name, set, meaning]) => flag("platform", `PLATFORM_INFO.${name}`, set, meaning)),
    ...unknownBits(info),
  ];
}

function unknownBits({ unknownBits: bits }: PlatformInfo): ReportField[] {
  if (bits === 0n) return [];
  return [field("platform", "PLATFORM_INFO.unknown", `0x${bits.toString(16)}`, "Bits that this program does not know.")];
}

function certificates(report: Report): ReportField[] {
  return [
    field("certificates", "VERSION", `${report.version}`, "The layout of the report."),
    field("certificates", "SIGNING_KEY", report.signingKey, "vcek: the chip's own key. vlek: a key that AMD leased to the cloud provider."),
    flag("certificates", "AUTHOR_KEY_EN", report.authorKeyEn, "The ID key was signed by an author key."),
    flag("certificates", "MASK_CHIP_KEY", report.maskChipKey, "The host forbids the chip to sign reports."),
  ];
}

function tcbText(raw: RawTcb, product: Product | undefined): string {
  const parsed = product === undefined ? undefined : parseTcb(product, raw);
  if (parsed?.ok !== true) return toHex(raw);
  const { fmc, bootloader, tee, snp, microcode } = parsed.value;
  const first = fmc === undefined ? "" : `fmc ${fmc}, `;
  return `${first}bootloader ${bootloader}, tee ${tee}, snp ${snp}, microcode ${microcode}`;
}

function field(group: CheckGroup, name: string, value: string, meaning: string): ReportField {
  return { group, name, value, meaning };
}

function flag(group: CheckGroup, name: string, set: boolean, meaning: string, bit: Bit = "state"): ReportField {
  return { group, name, value: set ? "yes" : "no", meaning, bit };
}
