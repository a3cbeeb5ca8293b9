// What an appraisal says: every check, with what was expected, what was found, and a sentence. Plain data apart from the brand, so that it
// can be kept in the audit log and shown in the console as it is.
import type { Brand } from "../base/brand.ts";
import type { FailureCode } from "../base/failure.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";

export type CheckGroup =
  | "identity"
  | "measurement"
  | "configuration"
  | "guest-policy"
  | "tcb"
  | "platform"
  | "certificates"
  | "binding"
  | "history"
  | "rules";

export type CheckResult = {
  /** Stable, e.g. "measurement", "guest-policy". */
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly expected: string;
  readonly actual: string;
  readonly verdict: "pass" | "fail" | "waived";
  readonly sentence: string;
  /** Where the verdict is "fail". */
  readonly code?: FailureCode;
  /** The owner's reason, where the verdict is "waived". */
  readonly waiver?: string;
  /** What a person should know of it although it need not fail: something new, or something that only just counts. */
  readonly signal?: string;
};

/** What a person approves when they approve a launch: hex, as in the report. */
export type ApprovedIdentity = {
  /** 48 bytes. */
  readonly measurement: string;
  /** 64 bytes; zeros where it is masked. */
  readonly chipId: string;
  readonly signer: Signer;
  /** Of a VLEK, else empty. */
  readonly provider: string;
  /** 48 bytes each; zeros without an ID block. */
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string;
  /** 16 bytes each; zeros without an ID block. */
  readonly familyId: string;
  readonly imageId: string;
};

export type AttestationRecord = {
  readonly verdict: "accepted" | "refused";
  readonly checks: readonly CheckResult[];
  readonly simulated: boolean;
  readonly product: Product;
  readonly signer: Signer;
  readonly identity: ApprovedIdentity;
  /** Hex, SHA-384. */
  readonly evidenceDigest: string;
  /** Hex, SHA-384. */
  readonly claimsDigest: string;
  /** Hex, SHA-384 of the policy's canonical JSON. */
  readonly policyDigest: string;
  /** RFC 3339: the instant for which it was verified and appraised. */
  readonly at: string;
};

/** Minted by appraise() alone. */
export type AttestationResult = Brand<AttestationRecord, "AttestationResult">;
