// What does this report say to an owner's rule? The claims of claim-forms.ts as values of CEL: whole numbers are int, bytes are lower-case hex text.
// What a report does not have is absent, so that a rule about it fails instead of comparing with nothing.
import type { CelInput } from "@bufbuild/cel";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { toHex } from "../../base/bytes.ts";
import { firmwareText } from "../../snp/report.ts";
import { siliconLineOf } from "../../snp/silicon.ts";
import { tcbComponents } from "../../snp/tcb.ts";
import { platformBitNames, type GuestPermission, type GuestRequirement } from "../policy-demands.ts";
import type { GenuineReport } from "../verify.ts";

/** By path, "report.guestSvn"; what the report does not have is not among them. */
export type Claims = Readonly<Record<string, CelInput>>;

export function claimsOf({ report, product, signer, simulated, at, vek, tcb }: GenuineReport): Claims {
  const { cpuid, policy, platformInfo, currentVersion, committedVersion, launchMitVector, currentMitVector } = report;
  const claims: Record<string, CelInput> = {
    product,
    signer,
    simulated,
    at: timestampFromMs(at),
    "report.version": BigInt(report.version),
    "report.guestSvn": BigInt(report.guestSvn),
    "report.vmpl": BigInt(report.vmpl),
    "report.familyId": toHex(report.familyId),
    "report.imageId": toHex(report.imageId),
    "report.measurement": toHex(report.measurement),
    "report.hostData": toHex(report.hostData),
    "report.idKeyDigest": toHex(report.idKeyDigest),
    "report.authorKeyDigest": toHex(report.authorKeyDigest),
    "report.authorKeyEn": report.authorKeyEn,
    "report.reportId": toHex(report.reportId),
    "report.chipId": toHex(report.chipId),
    "policy.abiMajor": BigInt(policy.abiMajor),
    "policy.abiMinor": BigInt(policy.abiMinor),
    "platform.unknownBits": bitsOf(platformInfo.unknownBits),
  };
  const add = (path: string, value: CelInput | undefined): void => {
    if (value !== undefined) claims[path] = value;
  };
  add("line", cpuid === undefined ? undefined : siliconLineOf(cpuid));
  add("provider", vek.cspId);
  for (const part of ["family", "model", "stepping"] as const) add(`cpuid.${part}`, intOf(cpuid?.[part]));
  add("mitigations.launch", launchMitVector === undefined ? undefined : bitsOf(launchMitVector));
  add("mitigations.current", currentMitVector === undefined ? undefined : bitsOf(currentMitVector));
  for (const bit of guestPolicyBits) claims[`policy.${bit}`] = policy[bit];
  for (const bit of platformBitNames) claims[`platform.${bit}`] = platformInfo[bit];
  for (const which of ["reported", "committed", "current", "launch"] as const)
    for (const component of tcbComponents) add(`tcb.${which}.${component}`, intOf(tcb[which][component]));
  for (const [which, version] of Object.entries({ current: currentVersion, committed: committedVersion })) {
    claims[`firmware.${which}.text`] = firmwareText(version);
    for (const part of ["major", "minor", "build"] as const) claims[`firmware.${which}.${part}`] = BigInt(version[part]);
  }
  return claims;
}

function intOf(number: number | undefined): bigint | undefined {
  return number === undefined ? undefined : BigInt(number);
}

function bitsOf(mask: bigint): readonly bigint[] {
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
