// What does this report say to an owner's rule? The claims of claim-forms.ts as values of CEL: whole numbers are int, bytes are lower-case hex text.
// What a report does not have is absent, so that a rule about it fails instead of comparing with nothing.
import type { CelInput } from "@bufbuild/cel";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { toHex } from "../../base/bytes.ts";
import { firmwareText, type FirmwareVersion } from "../../snp/report.ts";
import { siliconLineOf } from "../../snp/silicon.ts";
import { tcbComponents, type Tcb } from "../../snp/tcb.ts";
import { platformBitNames, type GuestPermission, type GuestRequirement } from "../policy-demands.ts";
import type { GenuineReport } from "../verify.ts";

export type Claims = Readonly<Record<string, CelInput>>;

export function claimsOf({ report, product, signer, simulated, at, vek, tcb: levels }: GenuineReport): Claims {
  const line = report.cpuid === undefined ? undefined : siliconLineOf(report.cpuid);
  return present({
    product,
    line,
    signer,
    provider: vek.cspId,
    simulated,
    at: timestampFromMs(at),
    report: mapOf({
      version: BigInt(report.version),
      guestSvn: BigInt(report.guestSvn),
      vmpl: BigInt(report.vmpl),
      familyId: toHex(report.familyId),
      imageId: toHex(report.imageId),
      measurement: toHex(report.measurement),
      hostData: toHex(report.hostData),
      idKeyDigest: toHex(report.idKeyDigest),
      authorKeyDigest: toHex(report.authorKeyDigest),
      authorKeyEn: report.authorKeyEn,
      reportId: toHex(report.reportId),
      chipId: toHex(report.chipId),
    }),
    cpuid: mapOf(report.cpuid === undefined ? {} : ints(report.cpuid)),
    policy: mapOf({
      ...Object.fromEntries(guestPolicyBits.map((bit) => [bit, report.policy[bit]])),
      abiMajor: BigInt(report.policy.abiMajor),
      abiMinor: BigInt(report.policy.abiMinor),
    }),
    platform: mapOf({
      ...Object.fromEntries(platformBitNames.map((bit) => [bit, report.platformInfo[bit]])),
      unknownBits: bitsOf(report.platformInfo.unknownBits),
    }),
    tcb: mapOf({
      reported: levelsOf(levels.reported),
      committed: levelsOf(levels.committed),
      current: levelsOf(levels.current),
      launch: levelsOf(levels.launch),
    }),
    firmware: mapOf({ current: versionOf(report.currentVersion), committed: versionOf(report.committedVersion) }),
    mitigations: mapOf({
      launch: report.launchMitVector === undefined ? undefined : bitsOf(report.launchMitVector),
      current: report.currentMitVector === undefined ? undefined : bitsOf(report.currentMitVector),
    }),
  });
}

function present(members: Readonly<Record<string, CelInput | undefined>>): Claims {
  return Object.fromEntries(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function mapOf(members: Readonly<Record<string, CelInput | undefined>>): Map<string, CelInput> {
  return new Map(Object.entries(present(members)));
}

function ints(numbers: object): Readonly<Record<string, bigint>> {
  return Object.fromEntries(Object.entries(numbers).flatMap(([name, value]) => (typeof value === "number" ? [[name, BigInt(value)]] : [])));
}

function levelsOf(of: Tcb): Map<string, CelInput> {
  return mapOf(
    Object.fromEntries(tcbComponents.map((component) => [component, of[component] === undefined ? undefined : BigInt(of[component])])),
  );
}

function versionOf(version: FirmwareVersion): Map<string, CelInput> {
  return mapOf({ text: firmwareText(version), ...ints(version) });
}

function bitsOf(mask: bigint): CelInput {
  const bits: bigint[] = [];
  for (let bit = 0n, rest = mask; rest !== 0n; bit++, rest >>= 1n) if ((rest & 1n) === 1n) bits.push(bit);
  return bits;
}

const guestPolicyBits = [
  "smt",
  "migrateMa",
  "debug",
  "cxlAllow",
  "singleSocket",
  "memAes256Xts",
  "raplDis",
  "ciphertextHidingDram",
  "pageSwapDisable",
] as const satisfies readonly (GuestPermission | GuestRequirement)[];
