// Is it genuine: did a processor under these roots make this report, with this key, at a time when the key was good? In the order of the
// firmware ABI's fields; all that can still be judged is judged. Never asks whether the VM is acceptable: appraise.ts does.
import type { Brand } from "../base/brand.ts";
import { concat, equalBytes, isZero } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Certificate } from "../endorse/certificate.ts";
import { verifyChain } from "../endorse/chain.ts";
import type { Endorsements } from "../endorse/endorsements.ts";
import { checkRevocation, type RevocationFinding } from "../endorse/revocation.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import { parseVek } from "../endorse/vek.ts";
import type { Vek } from "../endorse/vek.ts";
import { productOf } from "../snp/product.ts";
import type { Product } from "../snp/product.ts";
import { parseReport, signedLength } from "../snp/report.ts";
import type { Report, Signer } from "../snp/report.ts";
import { encodeTcb, parseTcb } from "../snp/tcb.ts";
import type { Tcb } from "../snp/tcb.ts";
import type { RevocationRule } from "./policy-demands.ts";
import type { Demand } from "./policy-reader.ts";

export type RevocationDemand = Demand<RevocationRule>;

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
  /** Which revocation list was checked, or why none was. */
  readonly revocation: { readonly list: RevocationFinding } | { readonly waived: string };
}

export type VerifiedReport = Brand<GenuineReport, "VerifiedReport">;
/** Genuine, and made for this launch: REPORT_DATA is the expected value. */
export type BoundReport = Brand<GenuineReport, "BoundReport">;

export type Verification =
  | {
      readonly genuine: true;
      readonly report: VerifiedReport;
      readonly product: Product;
      readonly signer: Signer;
      readonly simulated: boolean;
    }
  | { readonly genuine: false; readonly failures: readonly Failure[]; readonly product?: Product; readonly signer?: Signer };

/** Collects every failure that can still be judged: an operator wants to see them all at once. */
export function verifyReport(input: VerifyInput): Verification {
  const { at, primitives, endorsements, anchors } = input;
  const parsed = parseReport(input.reportBytes);
  if (!parsed.ok) return { genuine: false, failures: [parsed.failure] };
  const report = parsed.value;
  const failures: Failure[] = [...origin(report)];

  const signer = report.signingKey === "none" ? undefined : report.signingKey;
  if (signer !== undefined && !report.maskChipKey && !signed(report, endorsements.vek, primitives)) {
    failures.push(failure("appraise.report-signature"));
  }
  const stated = productOfReport(report, input.product);
  if (!stated.ok) failures.push(stated.failure);
  const product = stated.ok ? stated.value : undefined;
  const vek = parseVek(endorsements.vek);
  if (!vek.ok) failures.push(vek.failure);
  const tcb = product === undefined ? undefined : readTcbs(report, product, failures);
  if (product !== undefined && vek.ok) failures.push(...certificateMismatches(report, product, tcb?.reported, vek.value));

  const named = { ...(product === undefined ? {} : { product }), ...(signer === undefined ? {} : { signer }) };
  if (product === undefined || signer === undefined) return { genuine: false, failures, ...named };
  const chain = verifyChain({ vek: endorsements.vek, issuers: endorsements.issuers, anchors, product, signer, at, primitives });
  if (!chain.ok) failures.push(...chain.failures);
  const { ark, issuer } = chain;
  let list: RevocationFinding | undefined;
  if ("require" in input.revocation && ark !== undefined && issuer !== undefined) {
    const { graceHours } = input.revocation.require;
    const looked = checkRevocation({ crls: endorsements.crls, ark, issuer, at, graceHours, primitives });
    if (looked.ok) list = looked.value;
    else failures.push(looked.failure);
  }
  if (failures.length > 0 || !chain.ok || !vek.ok || tcb === undefined) return { genuine: false, failures, ...named };

  const simulated = anchors.kind === "simulated";
  const revocation = revocationOf(input.revocation, list);
  const genuine: GenuineReport = {
    report,
    product,
    signer,
    simulated,
    vek: vek.value,
    ark: chain.ark,
    issuer: chain.issuer,
    tcb,
    at,
    revocation,
  };
  // The one place where a report becomes a verified one.
  return { genuine: true, report: genuine as VerifiedReport, product, signer, simulated };
}

/** @param expectedReportData exactly 64 bytes, made by the verifier itself: never zeros, never taken from the peer. */
export function bindReport(verified: VerifiedReport, expectedReportData: Uint8Array): Result<BoundReport> {
  // SECURITY: an expectation that is missing must not compare equal to a report that carries nothing.
  if (expectedReportData.length !== reportDataLength || isZero(expectedReportData)) throw new Error("no expected report data");
  if (!equalBytes(verified.report.reportData, expectedReportData)) return fail(failure("appraise.report-data"));
  const genuine: GenuineReport = verified;
  return ok(genuine as BoundReport);
}

function revocationOf(demand: RevocationDemand, list: RevocationFinding | undefined): GenuineReport["revocation"] {
  if ("waived" in demand) return { waived: demand.waived };
  if (list === undefined) throw new Error("a genuine report without the revocation check that was demanded");
  return { list };
}

/** Who asked for the report, and was it signed at all? */
function origin({ signingKey, maskChipKey, vmpl }: Report): Failure[] {
  const failures: Failure[] = [];
  if (signingKey === "none") failures.push(failure("appraise.report-unsigned"));
  if (maskChipKey) failures.push(failure("appraise.chip-key-masked"));
  if (vmpl === hostRequested) failures.push(failure("appraise.host-requested"));
  else if (vmpl > lastVmpl) failures.push(failure("appraise.vmpl-unknown", `VMPL ${vmpl}`));
  return failures;
}

/** SECURITY: the product picks the root, so it comes from the signed report or from the operator, never from a certificate. */
export function productOfReport({ cpuid }: Report, stated: Product | undefined): Result<Product> {
  if (cpuid === undefined) return stated === undefined ? fail(failure("appraise.product-unknown")) : ok(stated);
  const product = productOf(cpuid);
  if (product === undefined) return fail(failure("appraise.processor-unknown", `family ${cpuid.family}, model ${cpuid.model}`));
  if (stated !== undefined && stated !== product) return fail(failure("appraise.product-mismatch", `${product}, stated ${stated}`));
  return ok(product);
}

function readTcbs(report: Report, product: Product, failures: Failure[]): GenuineReport["tcb"] | undefined {
  const reported = parseTcb(product, report.reportedTcb);
  const current = parseTcb(product, report.currentTcb);
  const committed = parseTcb(product, report.committedTcb);
  const launch = parseTcb(product, report.launchTcb);
  for (const tcb of [reported, current, committed, launch]) if (!tcb.ok) failures.push(tcb.failure);
  if (!reported.ok || !current.ok || !committed.ok || !launch.ok) return undefined;
  return { reported: reported.value, current: current.value, committed: committed.value, launch: launch.value };
}

/** AMD 57230: the certificate speaks for one product, one chip (or provider) and one TCB, and the report must be about the same. */
function certificateMismatches(report: Report, product: Product, reported: Tcb | undefined, vek: Vek): Failure[] {
  const failures: Failure[] = [];
  if (report.signingKey !== "none" && report.signingKey !== vek.signer)
    failures.push(failure("appraise.signer-mismatch", `report ${report.signingKey}, certificate ${vek.signer}`));
  if (vek.product !== product) failures.push(failure("appraise.vek-product", `report ${product}, certificate ${vek.productName}`));
  else if (reported !== undefined && !equalBytes(encodeTcb(vek.tcb), encodeTcb(reported))) failures.push(failure("appraise.vek-tcb"));
  if (vek.hwId === undefined || report.signingKey !== "vcek") return failures;
  // SECURITY: zeros are "masked by the host", which is not "any chip".
  if (isZero(report.chipId)) failures.push(failure("appraise.chip-id-masked"));
  else if (!equalBytes(report.chipId, concat(vek.hwId, new Uint8Array(chipIdLength - vek.hwId.length))))
    failures.push(failure("appraise.chip-id"));
  return failures;
}

function signed({ raw, signature }: Report, vek: Certificate, primitives: Primitives): boolean {
  return primitives.verifyP384(vek.spki, raw.subarray(0, signedLength), signature);
}

/** SNP_HV_REPORT_REQ: firmware then fills REPORT_DATA with zeros. */
const hostRequested = 0xffff_ffff;
const lastVmpl = 3;
const reportDataLength = 64;
const chipIdLength = 64;
