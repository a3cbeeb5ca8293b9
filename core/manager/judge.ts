// Is this evidence genuine, made for this launch, and acceptable? Gathers endorsements, then verify, bind and appraise, in this order.
// Keeps all that was found for the owner's eyes. Never decides about a key: release/decide.ts does, from the result that only appraise()
// mints.
import { appraise } from "../appraise/appraise.ts";
import { claimsDigest, evidenceDigest, type Evidence as EvidenceParts } from "../appraise/evidence.ts";
import type { LaunchHistory } from "../appraise/history.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { AttestationResult, CheckResult } from "../appraise/result.ts";
import { bindReport, productOfReport, verifyReport } from "../appraise/verify.ts";
import { toHex } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure, sentenceOf, type Failure } from "../base/failure.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import type { Evidence } from "../launch/messages.ts";
import type { Product } from "../snp/product.ts";
import { parseReport, type Report } from "../snp/report.ts";
import type { ManagerContext } from "./context.ts";
import { gatherEndorsements } from "./gather.ts";
import type { CollateralSource } from "./ports.ts";

export interface JudgeInput {
  readonly evidence: Evidence;
  /** 64 bytes: what the report must carry. */
  readonly reportData: Uint8Array;
  readonly policy: AppraisalPolicy;
  readonly anchors: TrustAnchors;
  /** 32 bytes: what HOST_DATA must be. */
  readonly configurationDigest: Uint8Array;
  /** Of the VM's earlier launches. */
  readonly history: LaunchHistory;
  readonly source: CollateralSource | undefined;
  /** As in gather.ts. */
  readonly progress: (until?: Instant, ahead?: number) => void;
}

export interface Judged {
  /** Hex. */
  readonly evidenceDigest: string;
  /** Hex; known once the report was found genuine. */
  readonly claimsDigest?: string;
  readonly checks: readonly CheckResult[];
  /** What decide.ts needs, or why there is none. */
  readonly answer: { readonly result: AttestationResult; readonly report: Report } | { readonly failure: Failure };
}

export async function judgeEvidence(context: ManagerContext, input: JudgeInput): Promise<Judged> {
  const { primitives, timers, clock } = context.ports;
  const { policy, evidence } = input;
  const parts: EvidenceParts = { reportBytes: evidence.report, certificateTable: evidence.certificates };
  const named = { evidenceDigest: toHex(evidenceDigest(parts, primitives)) };
  const no = (...failures: readonly [Failure, ...Failure[]]): Judged => ({
    ...named,
    checks: failures.map(asCheck),
    answer: { failure: failures[0] },
  });

  const report = parseReport(evidence.report);
  if (!report.ok) return no(report.failure);
  const stated = report.value.cpuid === undefined ? onlyProduct(policy) : undefined;
  const product = productOfReport(report.value, stated);
  if (!product.ok) return no(product.failure);
  if (report.value.signingKey === "none") return no(failure("appraise.report-unsigned"));
  const endorsements = await gatherEndorsements({
    report: report.value,
    product: product.value,
    signer: report.value.signingKey,
    certificateTable: evidence.certificates,
    crlWanted: "require" in policy.checks.revocation,
    source: input.source,
    timers,
    parsed: context.parsed,
    clock,
    limitMs: context.limits.collateralMs,
    queueMs: context.limits.collateralQueueMs,
    progress: input.progress,
  });
  if (!endorsements.ok) return no(endorsements.failure);

  // After the wait, so that certificates are judged for the instant at which they are used.
  const at = context.clockGuard.now();
  if (!at.ok) return no(at.failure);
  const verification = verifyReport({
    reportBytes: evidence.report,
    endorsements: endorsements.value,
    anchors: input.anchors,
    at: at.value,
    ...(stated === undefined ? {} : { product: stated }),
    revocation: policy.checks.revocation,
    primitives,
  });
  if (!verification.genuine) {
    const [first = failure("manager.bug", "no failure was named"), ...others] = verification.failures;
    return no(first, ...others);
  }
  const bound = bindReport(verification.report, input.reportData);
  if (!bound.ok) return no(bound.failure);
  const result = appraise({
    report: bound.value,
    evidence: parts,
    policy,
    context: {
      configurationDigest: input.configurationDigest,
      enrolledAsSimulated: input.anchors.kind === "simulated",
      history: input.history,
    },
    primitives,
  });
  return {
    ...named,
    claimsDigest: toHex(claimsDigest(evidence.report, verification.report.vek.certificate, primitives)),
    checks: result.checks,
    answer: { result, report: report.value },
  };
}

/** A report of version 2 does not name its processor: the owner must have named the only one that is possible. */
function onlyProduct({ checks: { products } }: AppraisalPolicy): Product | undefined {
  return "require" in products && products.require.length === 1 ? products.require[0] : undefined;
}

/** What kept a launch from being appraised, in the form in which the console shows checks. */
export function asCheck(why: Failure): CheckResult {
  const sentence = sentenceOf(why);
  const form = forms[why.code.split(".", 1)[0] ?? ""] ?? genuine;
  return { id: why.code, ...form, actual: why.detail ?? why.code, verdict: "fail", sentence, code: why.code };
}

type Form = Pick<CheckResult, "group" | "title" | "expected">;
const genuine: Form = {
  group: "certificates",
  title: "Genuine report for this launch",
  expected: "a report that a processor under the pinned roots made for this launch",
};
const forms: Readonly<Partial<Record<string, Form>>> = {
  release: {
    group: "identity",
    title: "Enrolled VM",
    expected: "a VM that is enrolled and enabled, with a configuration that was issued for it",
  },
};
