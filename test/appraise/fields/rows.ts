// How is a field of a policy tried? A row for each position of a value against what is demanded: the types make sure that no position is missing.
import { appraiseWith, checkOf, reportData, verifyInput } from "../kit.ts";
import type { AppraisalChoices, Choices } from "../kit.ts";
import { checkReference } from "../../../core/appraise/check-reference.ts";
import type { PolicyChecks } from "../../../core/appraise/policy.ts";
import type { PolicyField } from "../../../core/appraise/policy-reference.ts";
import { bindReport, verifyReport } from "../../../core/appraise/verify.ts";
import type { Verification, VerifyInput } from "../../../core/appraise/verify.ts";
import { must } from "../../../core/base/result.ts";

export interface Answer {
  readonly passes: boolean;
  /** Of the refusal. */
  readonly code?: string | undefined;
}

/** What is expected, and how to ask for what is. */
export interface Row {
  readonly passes: boolean;
  readonly ask: () => Promise<Answer>;
}

export type Ordered = { readonly below: Row; readonly at: Row; readonly above: Row };
export type Listed = { readonly "in the list": Row; readonly "not in the list": Row };
export type Bit = { readonly set: Row; readonly clear: Row };
export type Fact = { readonly holds: Row; readonly "does not hold": Row };

/** What one field demands, part by part. */
export type Parts = { readonly [part: string]: Ordered | Listed | Bit | Fact };
export type Rows<Field extends PolicyField> = { readonly [field in Field]: Parts };

/** Every part has all of one of these. */
export const positions: readonly (readonly string[])[] = [
  ["below", "at", "above"],
  ["in the list", "not in the list"],
  ["set", "clear"],
  ["holds", "does not hold"],
];

export interface Subject extends AppraisalChoices {
  readonly report?: Choices;
  readonly verify?: Partial<VerifyInput>;
}

type Demanded<Field extends keyof PolicyChecks> = Extract<PolicyChecks[Field], { readonly require: unknown }>["require"];
type MakeRow<Field extends keyof PolicyChecks> = (demanded: Demanded<Field>, subject?: Subject) => Row;

/** Rows of one check, by whether it is to pass. */
export function rowsOf<Field extends keyof PolicyChecks>(
  field: Field,
): { readonly passes: MakeRow<Field>; readonly fails: MakeRow<Field> } {
  const made = (passes: boolean): MakeRow<Field> => {
    return (demanded, subject = {}) => ({ passes, ask: () => askCheck(field, { [field]: { require: demanded } }, subject) });
  };
  return { passes: made(true), fails: made(false) };
}

async function askCheck(field: keyof PolicyChecks, demands: Partial<PolicyChecks>, subject: Subject): Promise<Answer> {
  const { report = {}, verify = {}, checks = {}, ...choices } = subject;
  const verification = await verified(report, verify);
  if (!verification.genuine) {
    const codes = verification.failures.map(({ code }) => code);
    return { passes: false, code: codes.find((code) => checkReference[field].codes.includes(code)) ?? codes[0] };
  }
  const result = appraiseWith(must(bindReport(verification.report, reportData)), { ...choices, checks: { ...checks, ...demands } });
  const [id = ""] = checkReference[field].checks;
  const { verdict, code } = checkOf(result, id);
  if (verdict === "fail" && result.verdict !== "refused") throw new Error("a check failed, and the result is accepted");
  return { passes: verdict === "pass", code };
}

/** Reports that are made the same are made once: thousands of rows share some dozens. */
function verified(report: Choices, verify: Partial<VerifyInput>): Promise<Verification> {
  const key = JSON.stringify([report, verify], (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  const known = verifications.get(key) ?? verifyInput(report).then((input) => verifyReport({ ...input, ...verify }));
  verifications.set(key, known);
  return known;
}

const verifications = new Map<string, Promise<Verification>>();
