// What the tests of real verifiers' mistakes share: verdicts as codes, of simulated evidence with one thing wrong and of published reports.
import { checkUnbound } from "../../core/appraise/appraise.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import type { CheckResult } from "../../core/appraise/result.ts";
import { verifyReport } from "../../core/appraise/verify.ts";
import type { VerifyInput } from "../../core/appraise/verify.ts";
import { must } from "../../core/base/result.ts";
import { parseCrl } from "../../core/endorse/crl.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { products } from "../../core/snp/product.ts";
import type { Product } from "../../core/snp/product.ts";
import { hostData, verifyInput } from "../appraise/kit.ts";
import type { Choices } from "../appraise/kit.ts";
import { vector } from "../kit/vectors.ts";

/** Empty where the report is genuine. */
export function codesOf(input: VerifyInput): string[] {
  const verification = verifyReport(input);
  return verification.genuine ? [] : verification.failures.map(({ code }) => code);
}

export async function codesWith(choices: Choices, more: Partial<VerifyInput> = {}): Promise<string[]> {
  return codesOf({ ...(await verifyInput(choices)), ...more });
}

/** With these lists, DER, in place of the right one. */
export async function codesWithLists(choices: Choices, ...lists: readonly Uint8Array[]): Promise<string[]> {
  const input = await verifyInput(choices);
  const crls: VerifyInput["endorsements"]["crls"] = lists.map((list) => must(parseCrl(list)));
  return codesOf({ ...input, endorsements: { ...input.endorsements, crls } });
}

/** The instant at which the published VCEKs are good. */
export const today = Date.UTC(2026, 10, 24);
/** The published VLEK ran out in December 2025. */
export const vlekDay = Date.UTC(2025, 5, 1);

/** A published report with its own certificate, under AMD's roots. */
export function published(name: string, at: number = today, product?: Product): VerifyInput {
  const names = products.flatMap((line) => [`ARK-${line}`, `SEV-${line}`, `SEV-VLEK-${line}`]);
  return {
    reportBytes: vector("reports", `${name}.report.bin`),
    endorsements: must(
      parseEndorsements({
        vek: vector("reports", `${name}.vek.der`),
        issuers: names.map((issuer) => vector("amd-roots", `${issuer}.der`)),
        crls: [],
      }),
    ),
    anchors: amdAnchors,
    at,
    revocation: { waived: "no list is published with the vectors" },
    primitives: nodePrimitives,
    ...(product === undefined ? {} : { product }),
  };
}

/** What a policy says of a genuine report that is bound to nothing. */
export function judged(input: VerifyInput, policy: AppraisalPolicy): readonly CheckResult[] {
  const verification = verifyReport(input);
  if (!verification.genuine) throw new Error(verification.failures.map(({ code }) => code).join(" "));
  const enrolledAsSimulated = verification.simulated;
  return checkUnbound(verification.report, policy, { configurationDigest: hostData, enrolledAsSimulated, history: undefined });
}

export function failedIn(checks: readonly CheckResult[]): string[] {
  return checks.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
}
