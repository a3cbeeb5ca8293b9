// What does an owner demand of a VM? Every check is required with a value, or waived with a reason: a missing one is refused, not skipped.
// JSON-serialisable; the JSON form is the type itself. Never looks at a report.
import { failure } from "../base/failure.ts";
import type { Json } from "../base/json.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { PlatformInfo } from "../snp/platform-info.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import { bits, demand, hexOf, integer, listOf, object, oneOf, PolicyFault, version, yes } from "./policy-reader.ts";
import type { Demand, Read } from "./policy-reader.ts";

export type AppraisalPolicy = {
  readonly version: 1;
  readonly checks: PolicyChecks;
  readonly release: "manual" | "automatic";
  /** Evidence older than this is asked for again before a release. */
  readonly freshnessSeconds: number;
  /** How long a launch waits for a person. */
  readonly approvalSeconds: number;
  /** What happens to a second launch of the VM while one is live. */
  readonly secondLaunch: "wait" | "replace";
};

export type PolicyChecks = {
  readonly products: Demand<readonly Product[]>;
  readonly signers: Demand<readonly Signer[]>;
  readonly reportVersion: Demand<{ readonly minimum: number }>;
  readonly vmpl: Demand<{ readonly maximum: number }>;
  /** Hex, 48 bytes each. */
  readonly measurement: Demand<readonly string[]>;
  /** HOST_DATA is the digest of the agent configuration. Cannot be waived. */
  readonly configuration: { readonly require: true };
  /** Hex, 48 bytes each. */
  readonly idKeyDigest: Demand<readonly string[]>;
  /** Hex, 48 bytes each. */
  readonly authorKeyDigest: Demand<readonly string[]>;
  /** Hex, 16 bytes each. */
  readonly familyId: Demand<readonly string[]>;
  /** Hex, 16 bytes each. */
  readonly imageId: Demand<readonly string[]>;
  readonly guestSvn: Demand<{ readonly minimum: number }>;
  readonly guestPolicy: Demand<GuestPolicyDemand>;
  readonly platform: Demand<PlatformDemand>;
  readonly reportedTcb: Demand<TcbFloors>;
  readonly committedTcb: Demand<TcbFloors>;
  readonly currentTcb: Demand<TcbFloors>;
  readonly launchTcb: Demand<TcbFloors>;
  readonly firmware: Demand<FirmwareDemand>;
  readonly mitigations: Demand<MitigationDemand>;
  /** Hex, 64 bytes each, as in the report. */
  readonly chipId: Demand<readonly string[]>;
  /** Committed firmware is the current one. */
  readonly provisionalFirmware: Demand<true>;
  readonly revocation: Demand<true>;
};

export type GuestPermission = "smt" | "migrateMa" | "debug" | "cxlAllow";
export type GuestRequirement = "singleSocket" | "memAes256Xts" | "raplDis" | "ciphertextHidingDram" | "pageSwapDisable";

export type GuestPolicyDemand = {
  /** What the guest's policy may allow; what is not named must be off. */
  readonly allowed: readonly GuestPermission[];
  /** What the guest's policy must demand. */
  readonly demanded: readonly GuestRequirement[];
  /** "1.55": the least ABI that the guest's policy accepts. */
  readonly abiMinimum: string;
};

export const platformBitNames = [
  "smtEn",
  "tsmeEn",
  "eccEn",
  "raplDis",
  "ciphertextHidingDramEn",
  "aliasCheckComplete",
  "iommuWriteSafe",
  "tioEn",
] as const satisfies readonly (keyof PlatformInfo)[];
export type PlatformBit = (typeof platformBitNames)[number];

export type PlatformDemand = {
  readonly required: readonly PlatformBit[];
  readonly forbidden: readonly PlatformBit[];
  /** Numbers of bits above 7 that are tolerated; others are refused. */
  readonly unknownAllowed: readonly number[];
};

/** A product that is not named is refused. */
export type TcbFloors = { readonly [product in Product]?: TcbFloor };

export type TcbFloor = {
  /** Turin: required. Others: must be absent. */
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
};

/** "major.minor.build". */
export type FirmwareDemand = {
  readonly current: string;
  readonly committed: string;
};

/** Bits that must be set, "0x…". A report without vectors (below version 5) fails unless both are "0x0". */
export type MitigationDemand = {
  readonly launch: string;
  readonly current: string;
};

/** Exactly the shape above: an unknown key, a missing one, an empty list and an empty reason are refused. */
export function parsePolicy(json: Json): Result<AppraisalPolicy> {
  const read = readWhole(json);
  return read instanceof PolicyFault ? fail(failure("appraise.policy-malformed", read.message)) : ok(read);
}

/** All that is wrong, for the policy's author; empty exactly where {@link parsePolicy} reads it. */
export function policyFaults(json: Json): readonly string[] {
  const read = readWhole(json);
  return read instanceof PolicyFault ? read.faults : [];
}

function readWhole(json: Json): AppraisalPolicy | PolicyFault {
  try {
    const policy = readPolicy(json, "policy");
    // SECURITY: a machine that releases by itself must know what it releases to.
    if (policy.release === "automatic" && "waived" in policy.checks.measurement)
      return new PolicyFault("automatic release needs a measurement");
    return policy;
  } catch (cause) {
    if (cause instanceof PolicyFault) return cause;
    throw cause;
  }
}

/** "1.55.29" or "1.55", major first, as numbers; the parser has made sure of the form. */
export function versionNumbers(text: string): number[] {
  return text.split(".").map(Number);
}

const products = listOf(oneOf<Product>("Milan", "Genoa", "Turin"));
const digests = listOf(hexOf(48));
const level = integer(0, 255);

const tcbFloors: Read<TcbFloors> = (json, path) => {
  const floor = { bootloader: level, tee: level, snp: level, microcode: level };
  const first = object<TcbFloor>(floor);
  const floors = object<TcbFloors>({ Milan: first, Genoa: first, Turin: object<TcbFloor>({ ...floor, fmc: level }) }, { optional: true })(
    json,
    path,
  );
  if (Object.keys(floors).length === 0) throw new PolicyFault(`${path} names no product`);
  return floors;
};

const guestPolicy = object<GuestPolicyDemand>({
  allowed: listOf(oneOf<GuestPermission>("smt", "migrateMa", "debug", "cxlAllow"), { mayBeEmpty: true }),
  demanded: listOf(oneOf<GuestRequirement>("singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"), {
    mayBeEmpty: true,
  }),
  abiMinimum: version(2),
});

const platformBits = listOf(oneOf<PlatformBit>(...platformBitNames), { mayBeEmpty: true });
const platform: Read<PlatformDemand> = (json, path) => {
  const read = object<PlatformDemand>({
    required: platformBits,
    forbidden: platformBits,
    unknownAllowed: listOf(integer(8, 63), { mayBeEmpty: true }),
  })(json, path);
  const torn = read.required.find((bit) => read.forbidden.includes(bit));
  if (torn !== undefined) throw new PolicyFault(`${path} both requires and forbids ${torn}`);
  return read;
};

const checks = object<PolicyChecks>({
  products: demand(products),
  signers: demand(listOf(oneOf<Signer>("vcek", "vlek"))),
  reportVersion: demand(object<{ readonly minimum: number }>({ minimum: integer(2, 5) })),
  vmpl: demand(object<{ readonly maximum: number }>({ maximum: integer(0, 3) })),
  measurement: demand(digests),
  configuration: object<{ readonly require: true }>({ require: yes }),
  idKeyDigest: demand(digests),
  authorKeyDigest: demand(digests),
  familyId: demand(listOf(hexOf(16, { mayBeZero: true }))),
  imageId: demand(listOf(hexOf(16, { mayBeZero: true }))),
  guestSvn: demand(object<{ readonly minimum: number }>({ minimum: integer(0, 0xffff_ffff) })),
  guestPolicy: demand(guestPolicy),
  platform: demand(platform),
  reportedTcb: demand(tcbFloors),
  committedTcb: demand(tcbFloors),
  currentTcb: demand(tcbFloors),
  launchTcb: demand(tcbFloors),
  firmware: demand(object<FirmwareDemand>({ current: version(3), committed: version(3) })),
  mitigations: demand(object<MitigationDemand>({ launch: bits, current: bits })),
  chipId: demand(listOf(hexOf(64))),
  provisionalFirmware: demand(yes),
  revocation: demand(yes),
});

const readPolicy = object<AppraisalPolicy>({
  version: oneOf(1),
  checks,
  release: oneOf<"manual" | "automatic">("manual", "automatic"),
  freshnessSeconds: integer(10, 3_600),
  approvalSeconds: integer(30, 86_400),
  secondLaunch: oneOf<"wait" | "replace">("wait", "replace"),
});
