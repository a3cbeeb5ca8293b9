// What does an owner demand of a VM? Every check is required with a value, or waived with a reason: a missing one is refused, not skipped.
// JSON-serialisable; the JSON form is the type itself. policy-parser.ts reads it.
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type {
  CollateralAge,
  FirmwareFloor,
  GuestPolicyDemand,
  MitigationDemand,
  PerLine,
  PlatformDemand,
  QuietTime,
  ReferenceValue,
  ReleaseRule,
  ReleaseTimes,
  RevocationRule,
  TcbFloor,
} from "./policy-demands.ts";
import type { Demand } from "./policy-reader.ts";
import type { CustomRule } from "./rules/rule.ts";

export type AppraisalPolicy = {
  readonly version: 1;
  readonly checks: PolicyChecks;
  /** The owner's own conditions in CEL, on top of the checks. */
  readonly rules: readonly CustomRule[];
  /** first-launch-manual: a person approves what is new; what matches an approved launch goes by itself. */
  readonly release: ReleaseRule;
  readonly releaseTimes: ReleaseTimes;
  /** Releases whose disks did not open before the owner has to enable the VM again. */
  readonly failedOpensMaximum: number;
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
  /** 48 bytes each. */
  readonly measurement: Demand<readonly ReferenceValue[]>;
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
  readonly reportedTcb: Demand<PerLine<TcbFloor>>;
  readonly committedTcb: Demand<PerLine<TcbFloor>>;
  readonly currentTcb: Demand<PerLine<TcbFloor>>;
  readonly launchTcb: Demand<PerLine<TcbFloor>>;
  readonly firmware: Demand<PerLine<FirmwareFloor>>;
  readonly mitigations: Demand<PerLine<MitigationDemand>>;
  /** Hex, 64 bytes each, as in the report. */
  readonly chipId: Demand<readonly string[]>;
  /** Committed firmware is the current one. */
  readonly provisionalFirmware: Demand<true>;
  readonly revocation: Demand<RevocationRule>;
  readonly collateralAge: Demand<CollateralAge>;
  /** After the first launch: only chips that were given this VM's keys before. */
  readonly knownChip: Demand<true>;
  /** No TCB component is lower than when this chip was given the keys last. */
  readonly tcbHistory: Demand<true>;
  /** This very instance (REPORT_ID) was not given the keys before. */
  readonly freshInstance: Demand<true>;
  readonly otherInstance: Demand<QuietTime>;
};
