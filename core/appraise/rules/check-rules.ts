// Does the report keep to the owner's own rules? One check for each rule: only "true" passes; false, an error and anything that is no bool fail.
import { isCelError, isCelList, type CelInput } from "@bufbuild/cel";
import { failureTable, type FailureCode } from "../../base/failure.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { CheckResult } from "../result.ts";
import type { GenuineReport } from "../verify.ts";
import { claimsOf, type Claims } from "./claims.ts";
import { compileRule, type CompiledRule } from "./compile.ts";
import type { CustomRule } from "./rule.ts";

export function checkRules(rules: readonly CustomRule[], genuine: GenuineReport): readonly CheckResult[] {
  if (rules.length === 0) return [];
  const claims = claimsOf(genuine);
  return rules.map((rule) => checkRule(rule, claims, genuine));
}

function checkRule({ id, expression, sentence }: CustomRule, claims: Claims, { at }: GenuineReport): CheckResult {
  const form = { id: `rule.${id}`, group: "rules", title: `Your rule ${id}`, expected: expression } as const;
  const failed = (code: FailureCode, actual: string, why: string): CheckResult => ({
    ...form,
    actual,
    verdict: "fail",
    sentence: why,
    code,
  });
  const compiled = compileRule(expression);
  if (!compiled.ok)
    return failed("appraise.rule-malformed", compiled.failure.detail ?? "", failureTable["appraise.rule-malformed"].sentence);
  const paths = new Set([...compiled.value.reads, ...compiled.value.asked]);
  const actual = [...paths].map((path) => `${path} = ${textOf(claims[path], path, at)}`).join(", ") || "nothing is read";
  const answer = answerOf(compiled.value, claims);
  if (answer === true) return { ...form, actual, verdict: "pass", sentence };
  if (answer === false) return failed("appraise.rule-failed", actual, sentence);
  const why = `${failureTable["appraise.rule-error"].sentence} (${answer})`;
  return failed("appraise.rule-error", actual, why);
}

/** @returns the answer, or why there is none. */
function answerOf({ reads, run }: CompiledRule, claims: Claims): boolean | string {
  const result = run(claims);
  if (typeof result === "boolean") return result;
  if (!isCelError(result)) return "it is neither true nor false";
  const absent = reads.filter((path) => claims[path] === undefined);
  if (absent.length > 0) return `the report has no ${absent.join(", ")}`;
  return (result.message.split("\n", 1)[0] ?? "").slice(0, 200);
}

function textOf(value: CelInput | undefined, path: string, at: number): string {
  if (path === "at") return rfc3339(at);
  if (Array.isArray(value) || isCelList(value)) return `[${[...value].map(String).join(", ")}]`;
  // The provider's name comes from its certificate, and may be long; what is ours is shorter.
  if (typeof value === "string") return JSON.stringify(value.slice(0, longestText));
  return typeof value === "bigint" || typeof value === "boolean" ? String(value) : "not there";
}

/** The chip's id. */
const longestText = 128;
