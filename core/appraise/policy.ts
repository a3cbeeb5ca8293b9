// What does an owner demand of a VM? Every check is required with a value, or waived with a reason: a missing one is refused, not skipped.
// JSON-serialisable; the JSON form is the type itself. Never looks at a report.
import type { Result } from "../base/result.ts";
import type { Json } from "../base/json.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";

export type Demand<T> = { readonly require: T } | { readonly waived: string };

export interface AppraisalPolicy {
  readonly version: 1;
  readonly checks: PolicyChecks;
  readonly release: "manual" | "automatic";
  /** Evidence older than this is asked for again before a release. */
  readonly freshnessSeconds: number;
  /** How long a launch waits for a person. */
  readonly approvalSeconds: number;
  /** What happens to a second launch of the VM while one is live. */
  readonly secondLaunch: "wait" | "replace";
}

export interface PolicyChecks {
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
}

export type GuestPermission = "smt" | "migrateMa" | "debug" | "cxlAllow";
export type GuestRequirement = "singleSocket" | "memAes256Xts" | "raplDis" | "ciphertextHidingDram" | "pageSwapDisable";

export interface GuestPolicyDemand {
  /** What the guest's policy may allow; what is not named must be off. */
  readonly allowed: readonly GuestPermission[];
  /** What the guest's policy must demand. */
  readonly demanded: readonly GuestRequirement[];
  /** "1.55": the least ABI that the guest's policy accepts. */
  readonly abiMinimum: string;
}

export type PlatformBit =
  | "smtEn"
  | "tsmeEn"
  | "eccEn"
  | "raplDis"
  | "ciphertextHidingDramEn"
  | "aliasCheckComplete"
  | "iommuWriteSafe"
  | "tioEn";

export interface PlatformDemand {
  readonly required: readonly PlatformBit[];
  readonly forbidden: readonly PlatformBit[];
  /** Numbers of bits above 7 that are tolerated; others are refused. */
  readonly unknownAllowed: readonly number[];
}

/** A product that is not named is refused. */
export type TcbFloors = { readonly [product in Product]?: TcbFloor };

export interface TcbFloor {
  /** Turin: required. Others: must be absent. */
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** "major.minor.build". */
export interface FirmwareDemand {
  readonly current: string;
  readonly committed: string;
}

/** Bits that must be set, "0x…". A report without vectors (below version 5) fails unless both are "0x0". */
export interface MitigationDemand {
  readonly launch: string;
  readonly current: string;
}

export function parsePolicy(json: Json): Result<AppraisalPolicy> {
  throw new Error(`not built yet: ${typeof json}`);
}
