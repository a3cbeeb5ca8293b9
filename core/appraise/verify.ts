// Is it genuine: did a processor under these roots make this report, with this key, at a time when the key was good? In the order of the
// firmware ABI's fields; all that can still be judged is judged. Never asks whether the VM is acceptable: appraise.ts does.
import type { Brand } from "../base/brand.ts";
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import type { Failure } from "../base/failure.ts";
import type { Result } from "../base/result.ts";
import type { Certificate } from "../endorse/certificate.ts";
import type { Endorsements } from "../endorse/endorsements.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import type { Vek } from "../endorse/vek.ts";
import type { Product } from "../snp/product.ts";
import type { Report, Signer } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";

export type RevocationDemand = { readonly require: true } | { readonly waived: string };

export interface VerifyInput {
  /** As received, any length. */
  readonly reportBytes: Uint8Array;
  readonly endorsements: Endorsements;
  readonly anchors: TrustAnchors;
  readonly at: Instant;
  /** For version 2 reports, which do not name their processor. A later version must agree with it where it is given. */
  readonly product?: Product;
  readonly revocation: RevocationDemand;
  readonly primitives: Primitives;
}

export interface GenuineReport {
  readonly report: Report;
  readonly product: Product;
  readonly signer: Signer;
  readonly simulated: boolean;
  readonly vek: Vek;
  readonly issuer: Certificate;
  readonly ark: Certificate;
  readonly tcb: { readonly reported: Tcb; readonly current: Tcb; readonly committed: Tcb; readonly launch: Tcb };
  /** The instant for which it was verified. */
  readonly at: Instant;
  /** Whether a revocation list was checked, or why not. */
  readonly revocation: "checked" | { readonly waived: string };
}

export type VerifiedReport = Brand<GenuineReport, "VerifiedReport">;
/** Genuine, and made for this launch: REPORT_DATA is the expected value. */
export type BoundReport = Brand<VerifiedReport, "BoundReport">;

export type Verification =
  | { readonly genuine: true; readonly report: VerifiedReport; readonly product: Product; readonly signer: Signer; readonly simulated: boolean }
  | { readonly genuine: false; readonly failures: readonly Failure[]; readonly product?: Product; readonly signer?: Signer };

export function verifyReport(input: VerifyInput): Verification {
  throw new Error(`not built yet: ${input.at}`);
}

/** @param expectedReportData exactly 64 bytes, made by the verifier itself. */
export function bindReport(verified: VerifiedReport, expectedReportData: Uint8Array): Result<BoundReport> {
  throw new Error(`not built yet: ${verified.product} ${expectedReportData.length}`);
}
