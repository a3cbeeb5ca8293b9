// `portcullis report appraise`: would a manager with this policy accept this report, and if not, why? The manager's own code, on bytes that the
// command has read. What the operator did not say is never taken from the report: it is named as not compared, and then nothing is accepted.
import { appraise, checkUnbound } from "../../appraise/appraise.ts";
import type { LaunchHistory } from "../../appraise/history.ts";
import type { AppraisalPolicy } from "../../appraise/policy.ts";
import type { CheckResult } from "../../appraise/result.ts";
import { bindReport, verifyReport, type VerifiedReport } from "../../appraise/verify.ts";
import { isZero, toHex } from "../../base/bytes.ts";
import { type Instant, rfc3339 } from "../../base/clock.ts";
import type { Primitives } from "../../base/crypto.ts";
import { failure, type FailureCode } from "../../base/failure.ts";
import { canonicalBytes } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { certificatesFrom } from "../../endorse/certificate.ts";
import { parseEndorsements } from "../../endorse/endorsements.ts";
import { amdAnchors, type TrustAnchors } from "../../endorse/roots.ts";
import { asCheck } from "../../manager/judge.ts";
import type { Product } from "../../snp/product.ts";
import type { Signer } from "../../snp/report.ts";
import type { ReportFiles } from "./verify.ts";

export interface AppraisalFiles extends ReportFiles {
  /** The certificate of the simulated root that is believed instead of AMD's. */
  readonly simulatedArk: Uint8Array | undefined;
}

export interface AppraisalInput {
  readonly policy: AppraisalPolicy;
  readonly at: Instant;
  /** 32 bytes: what HOST_DATA must be. */
  readonly configurationDigest: Uint8Array | undefined;
  /** 64 bytes: what REPORT_DATA must be. */
  readonly reportData: Uint8Array | undefined;
  /** Of the VM's earlier launches; undefined where it is not at hand. */
  readonly history: LaunchHistory | undefined;
  readonly primitives: Primitives;
}

export interface AppraisalAnswer {
  readonly verdict: "accepted" | "refused";
  readonly checks: readonly CheckResult[];
  /** The checks that fail, in short. */
  readonly failures: readonly { readonly code: FailureCode; readonly message: string }[];
  /** Null where the report could not be told. */
  readonly product: Product | null;
  readonly signer: Signer | null;
  readonly simulated: boolean;
  readonly policyDigest: string;
  readonly at: string;
}

/** A failure means that certificates or lists could not be read; a report that could not be read is refused. */
export function appraiseReport(files: AppraisalFiles, input: AppraisalInput): Result<AppraisalAnswer> {
  const { policy, at, primitives } = input;
  const endorsements = parseEndorsements({ vek: files.vek, issuers: files.chain, crls: files.crls });
  if (!endorsements.ok) return endorsements;
  const anchors = anchorsOf(files.simulatedArk, primitives);
  if (!anchors.ok) return anchors;
  const stated = onlyProduct(policy);
  const verification = verifyReport({
    reportBytes: files.report,
    endorsements: endorsements.value,
    anchors: anchors.value,
    at,
    ...(stated === undefined || !isVersion2(files.report) ? {} : { product: stated }),
    revocation: policy.checks.revocation,
    primitives,
  });
  const simulated = anchors.value.kind === "simulated";
  const checks = verification.genuine ? checksOf(verification.report, input) : verification.failures.map(asCheck);
  const failed = checks.filter(({ verdict }) => verdict === "fail");
  return ok({
    // SECURITY: a report without a check that failed must also have checks at all.
    verdict: failed.length === 0 && verification.genuine ? "accepted" : "refused",
    checks,
    failures: failed.flatMap(({ code, sentence }) => (code === undefined ? [] : [{ code, message: sentence }])),
    product: verification.product ?? null,
    signer: verification.signer ?? null,
    simulated,
    policyDigest: toHex(primitives.digest("sha384", canonicalBytes(policy))),
    at: rfc3339(at),
  });
}

function checksOf(
  verified: VerifiedReport,
  { policy, configurationDigest, reportData, history, primitives }: AppraisalInput,
): readonly CheckResult[] {
  // An expectation of no bytes equals no HOST_DATA.
  const context = { configurationDigest: configurationDigest ?? new Uint8Array(0), enrolledAsSimulated: verified.simulated, history };
  const named = (check: CheckResult): CheckResult =>
    check.id === "configuration" && configurationDigest === undefined ? notCompared(check, "--configuration") : check;
  const bound = reportData === undefined ? undefined : bindReport(verified, reportData);
  if (bound?.ok === true) {
    const evidence = { reportBytes: verified.report.raw, certificateTable: undefined };
    return appraise({ report: bound.value, evidence, policy, context, primitives }).checks.map(named);
  }
  const binding: CheckResult = {
    ...asCheck(failure("appraise.report-data")),
    ...bindingTitle,
    expected: reportData === undefined ? "" : toHex(reportData),
    actual: toHex(verified.report.reportData),
  };
  return [
    ...checkUnbound(verified, policy, context).map(named),
    reportData === undefined ? notCompared(binding, "--report-data") : binding,
  ];
}

const bindingTitle = { id: "report-data", group: "binding", title: "Bound to this connection (REPORT_DATA)" } as const;

function notCompared(check: CheckResult, option: string): CheckResult {
  const { code, sentence } = asCheck(failure("cli.not-compared"));
  return { ...check, expected: `not checked: no ${option} was given`, verdict: "fail", sentence, ...(code === undefined ? {} : { code }) };
}

/** As the enrolment of a simulated VM would believe it: one root, for whichever product it is named after. */
function anchorsOf(simulatedArk: Uint8Array | undefined, primitives: Primitives): Result<TrustAnchors> {
  if (simulatedArk === undefined) return ok(amdAnchors);
  const found = certificatesFrom(simulatedArk);
  if (!found.ok) return found;
  const [root, ...others] = found.value;
  if (root === undefined || others.length > 0) return fail(failure("cli.usage", "--simulated-ark holds exactly one certificate"));
  const pin = { certificate: primitives.digest("sha256", root.der), spki: primitives.digest("sha256", root.spki) };
  return ok({ kind: "simulated", ark: { Milan: pin, Genoa: pin, Turin: pin } });
}

/** As in the manager: a report of version 2 does not name its processor, so the owner must have named the only one that is possible. */
function onlyProduct({ checks: { products } }: AppraisalPolicy): Product | undefined {
  return "require" in products && products.require.length === 1 ? products.require[0] : undefined;
}

function isVersion2(report: Uint8Array): boolean {
  return report[0] === 2 && isZero(report.subarray(1, 4));
}
