// `portcullis report verify`: did an AMD chip sign this report? Nothing more: whether the VM is acceptable is a policy's question.
// Works on bytes that the command has read; reads no file and asks no network itself.
import { verifyReport } from "../../appraise/verify.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { Instant } from "../../base/clock.ts";
import type { Primitives } from "../../base/crypto.ts";
import { sentenceOf } from "../../base/failure.ts";
import type { FailureCode } from "../../base/failure.ts";
import { ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { parseEndorsements } from "../../endorse/endorsements.ts";
import type { Endorsements } from "../../endorse/endorsements.ts";
import { amdAnchors } from "../../endorse/roots.ts";
import type { TrustAnchors } from "../../endorse/roots.ts";
import { products } from "../../snp/product.ts";
import type { Product } from "../../snp/product.ts";
import type { Signer } from "../../snp/report.ts";

/** The contents of the files, in DER or PEM where they are certificates or revocation lists. */
export interface ReportFiles {
  readonly report: Uint8Array;
  readonly vek: Uint8Array;
  /** In any order; a file may hold several. */
  readonly chain: readonly Uint8Array[];
  /** Without any, revocation is not checked, and the answer says so. */
  readonly crls: readonly Uint8Array[];
}

export interface VerifyOptions {
  readonly at: Instant;
  readonly primitives: Primitives;
  readonly product?: Product | undefined;
  readonly anchors?: TrustAnchors | undefined;
}

export interface ReportVerdict {
  readonly genuine: boolean;
  /** Null where the report could not be told. */
  readonly product: Product | null;
  readonly signer: Signer | null;
  readonly failures: readonly { readonly code: FailureCode; readonly message: string }[];
  readonly revocation: "checked" | "not-checked";
}

/** A failure means that certificates or lists could not be read (exit 2); a report that could not be read is a "no" (exit 1). */
export function verifyReportFiles(
  files: ReportFiles,
  { at, primitives, product, anchors = amdAnchors }: VerifyOptions,
): Result<ReportVerdict> {
  const endorsements = parseEndorsements({ vek: files.vek, issuers: files.chain, crls: files.crls });
  if (!endorsements.ok) return endorsements;
  const stated = product ?? (isVersion2(files.report) ? productOfChain(endorsements.value, anchors, primitives) : undefined);
  const checked = files.crls.length > 0;
  const verification = verifyReport({
    reportBytes: files.report,
    endorsements: endorsements.value,
    anchors,
    at,
    ...(stated === undefined ? {} : { product: stated }),
    revocation: checked ? { require: { graceHours: 0 } } : { waived: "no revocation list was given" },
    primitives,
  });
  return ok({
    genuine: verification.genuine,
    product: verification.product ?? null,
    signer: verification.signer ?? null,
    failures: verification.genuine ? [] : verification.failures.map((failure) => ({ code: failure.code, message: sentenceOf(failure) })),
    revocation: checked ? "checked" : "not-checked",
  });
}

/**
 * A version 2 report does not name its product, and no certificate of a peer may. Here the chain files are the operator's own: he put
 * them on the command line, so the one pinned root among them is his statement of the product. With none or several he must say it.
 */
function productOfChain({ issuers }: Endorsements, anchors: TrustAnchors, primitives: Primitives): Product | undefined {
  const fingerprints = issuers.map(({ der }) => primitives.digest("sha256", der));
  const stated = products.filter((product) => {
    const pin = anchors.ark[product];
    return pin !== undefined && fingerprints.some((fingerprint) => equalBytes(fingerprint, pin.certificate));
  });
  return stated.length === 1 ? stated[0] : undefined;
}

function isVersion2(report: Uint8Array): boolean {
  return equalBytes(report.subarray(0, version2.length), version2);
}

const version2 = new Uint8Array([2, 0, 0, 0]);
