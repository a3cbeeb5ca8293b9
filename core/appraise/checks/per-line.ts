// What does the policy demand of this very silicon? Floors are kept by line; a report of version 2 names no line, and may be of any of its product: each
// must then be named, and what is demanded of each be met.
import { linesOf, siliconLineOf, type SiliconLine } from "../../snp/silicon.ts";
import type { PerLine } from "../policy-demands.ts";
import type { GenuineReport } from "../verify.ts";
import type { Comparison } from "./check.ts";

export function judgeLine<T>(
  genuine: GenuineReport,
  demands: PerLine<T>,
  describe: (demand: T) => string,
  meets: (demand: T) => boolean,
): Comparison {
  const { cpuid } = genuine.report;
  const line = cpuid === undefined ? undefined : siliconLineOf(cpuid);
  const lines: readonly SiliconLine[] = cpuid === undefined ? linesOf(genuine.product) : line === undefined ? [] : [line];
  const named = lines.flatMap((one) => {
    const demanded = demands[one];
    return demanded === undefined ? [] : [{ line: one, demanded }];
  });
  // A line without a floor has not been thought about, so it does not pass; nor does a report that could be of such a line.
  if (named.length === 0 || named.length < lines.length) {
    const lacking = lines.filter((one) => demands[one] === undefined).join(" and ");
    return { expected: `a floor for ${lacking || genuine.product}, which the policy lacks`, passes: false };
  }
  return {
    expected: named.map((one) => `${one.line}: ${describe(one.demanded)}`).join("; "),
    passes: named.every((one) => meets(one.demanded)),
  };
}
