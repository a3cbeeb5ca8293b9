// What may an owner's rule ask about? The claims of a genuine report under AMD's field names, as values of CEL: whole numbers are int, bytes are lower-case
// hex text. What a report does not have is absent, so that a rule about it fails instead of comparing with nothing.
import type { CelInput } from "@bufbuild/cel";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { toHex } from "../../base/bytes.ts";
import { firmwareText, type FirmwareVersion } from "../../snp/report.ts";
import { siliconLineOf } from "../../snp/silicon.ts";
import { tcbComponents, type Tcb } from "../../snp/tcb.ts";
import { platformBitNames } from "../policy-demands.ts";
import type { GenuineReport } from "../verify.ts";

export type Claims = Readonly<Record<string, CelInput>>;

const hex = "text, hex";
const tcb = { fmc: "int, Turin only", bootloader: "int", tee: "int", snp: "int", microcode: "int" };
const firmware = { text: 'text, "major.minor.build"', major: "int", minor: "int", build: "int" };
const permissions = ["smt", "migrateMa", "debug", "cxlAllow"] as const;
const requirements = ["singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"] as const;
const bools = (names: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries(names.map((name) => [name, "bool"]));

/** Every name that a rule may use, and what it holds. A name that is not here is refused when the policy is read. */
export interface ClaimNames {
  readonly [name: string]: string | ClaimNames;
}
export const claimNames: ClaimNames = {
  product: "text: Milan, Genoa or Turin",
  line: "text: the line of silicon; absent in version 2",
  signer: "text: vcek or vlek",
  provider: "text: who holds the VLEK; absent for a VCEK",
  simulated: "bool",
  at: "timestamp: the instant for which the report was verified",
  report: {
    version: "int",
    guestSvn: "int",
    vmpl: "int",
    familyId: hex,
    imageId: hex,
    measurement: hex,
    hostData: hex,
    idKeyDigest: hex,
    authorKeyDigest: hex,
    authorKeyEn: "bool",
    reportId: hex,
    chipId: hex,
  },
  cpuid: { family: "int; absent in version 2", model: "int; absent in version 2", stepping: "int; absent in version 2" },
  policy: { ...bools([...permissions, ...requirements]), abiMajor: "int", abiMinor: "int" },
  platform: { ...bools(platformBitNames), unknownBits: "list of int: numbers of bits that are set and have no name" },
  tcb: { reported: tcb, committed: tcb, current: tcb, launch: tcb },
  firmware: { current: firmware, committed: firmware },
  mitigations: { launch: "list of int: bits that are set; absent below version 5", current: "list of int; absent below version 5" },
};

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
      ...Object.fromEntries([...permissions, ...requirements].map((bit) => [bit, report.policy[bit]])),
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
  return Array.from({ length: 64 }, (_, bit) => BigInt(bit)).filter((bit) => ((mask >> bit) & 1n) === 1n);
}
