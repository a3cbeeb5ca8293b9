// What does the policy demand of this very silicon? Floors are kept by line; a report of version 2 names no line, and must then meet what is demanded of
// every line of its product that the policy names.
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
  // A line without a floor has not been thought about, so it does not pass.
  if (named.length === 0) return { expected: `a floor for ${line ?? genuine.product}, which the policy lacks`, passes: false };
  return {
    expected: named.map((one) => `${one.line}: ${describe(one.demanded)}`).join("; "),
    passes: named.every((one) => meets(one.demanded)),
  };
}
