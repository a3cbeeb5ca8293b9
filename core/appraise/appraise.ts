// Is it acceptable? Runs every check of the policy on a genuine report that was made for this launch, and keeps them all.
// Pure: the same evidence, policy, collateral and instant always give the same result. Never decides whether the key may go.
import { equalBytes, toHex } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { canonicalBytes } from "../base/json.ts";
import { checkReportData, checkReportVersion, checkVmpl } from "./checks/binding.ts";
import { checkChain, checkCollateralAge, checkRevoked } from "./checks/certificates.ts";
import type { AppraisalContext, Check } from "./checks/check.ts";
import { checkConfiguration } from "./checks/configuration.ts";
import { checkFirmware, checkMitigations, checkProvisionalFirmware } from "./checks/firmware.ts";
import { checkGuestPolicy } from "./checks/guest-policy.ts";
import { checkFreshInstance, checkKnownChip, checkOtherInstance, checkTcbHistory } from "./checks/history.ts";
import { checkChip, checkProduct, checkSigner, checkSimulation } from "./checks/identity.ts";
import { checkAuthorKey, checkFamilyId, checkGuestSvn, checkIdKey, checkImageId, checkMeasurement } from "./checks/image.ts";
import { checkPlatform } from "./checks/platform.ts";
import { checkCommittedTcb, checkCurrentTcb, checkLaunchTcb, checkReportedTcb } from "./checks/tcb.ts";
import { checkRules } from "./rules/check-rules.ts";
import { claimsDigest, evidenceDigest } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import type { AppraisalPolicy } from "./policy.ts";
import type { ApprovedIdentity, AttestationRecord, AttestationResult, CheckResult } from "./result.ts";
import type { BoundReport, VerifiedReport } from "./verify.ts";

export interface AppraiseInput {
  readonly report: BoundReport;
  /** The evidence that the report came in. */
  readonly evidence: Evidence;
  readonly policy: AppraisalPolicy;
  readonly context: AppraisalContext;
  readonly primitives: Primitives;
}

export function appraise({ report, evidence, policy, context, primitives }: AppraiseInput): AttestationResult {
  // SECURITY: the digest that a person approves must be that of the report which was judged.
  if (!equalBytes(evidence.reportBytes, report.report.raw)) throw new Error("the evidence is not that of the report");
  const checks = [
    ...allChecks.map((check) => check({ genuine: report, policy: policy.checks, context })),
    ...checkRules(policy.rules, report),
  ];
  const record: AttestationRecord = {
    verdict: checks.some(({ verdict }) => verdict === "fail") ? "refused" : "accepted",
    checks,
    simulated: report.simulated,
    product: report.product,
    signer: report.signer,
    identity: identityOf(report),
    evidenceDigest: toHex(evidenceDigest(evidence, primitives)),
    claimsDigest: toHex(claimsDigest(report.report.raw, report.vek.certificate, primitives)),
    policyDigest: policyDigestOf(policy, primitives),
    at: rfc3339(report.at),
  };
  // The one place where an appraisal's record becomes its result.
  return record as AttestationResult;
}

/** A policy is never changed once it was made, so that its digest is worked out once for as long as it is in use. */
function policyDigestOf(policy: AppraisalPolicy, primitives: Primitives): string {
  const known = digests.get(policy);
  if (known !== undefined) return known;
  const digest = toHex(primitives.digest("sha384", canonicalBytes(policy)));
  digests.set(policy, digest);
  return digest;
}

const digests = new WeakMap<AppraisalPolicy, string>();

function identityOf({ report, signer, vek }: BoundReport): ApprovedIdentity {
  return {
    measurement: toHex(report.measurement),
    chipId: toHex(report.chipId),
    signer,
    provider: vek.cspId ?? "",
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
  };
}

/** What the policy says of a report that is bound to nothing: for showing alone, because without a binding there is no result. */
export function checkUnbound(report: VerifiedReport, policy: AppraisalPolicy, context: AppraisalContext): readonly CheckResult[] {
  const checks = [...claimChecks, ...formChecks].map((check) => check({ genuine: report, policy: policy.checks, context }));
  return [...checks, ...checkRules(policy.rules, report)];
}

/** In the order in which a person reads them; {@link checkReportData} stands between the two lists, for it needs a bound report. */
const claimChecks: readonly Check[] = [
  checkSimulation,
  checkProduct,
  checkSigner,
  checkChip,
  checkMeasurement,
  checkIdKey,
  checkAuthorKey,
  checkFamilyId,
  checkImageId,
  checkGuestSvn,
  checkConfiguration,
  checkGuestPolicy,
  checkReportedTcb,
  checkCommittedTcb,
  checkCurrentTcb,
  checkLaunchTcb,
  checkFirmware,
  checkProvisionalFirmware,
  checkMitigations,
  checkPlatform,
  checkChain,
  checkRevoked,
  checkCollateralAge,
  checkKnownChip,
  checkTcbHistory,
  checkFreshInstance,
  checkOtherInstance,
];

const formChecks: readonly Check[] = [checkVmpl, checkReportVersion];

const allChecks = [...claimChecks, checkReportData, ...formChecks];
