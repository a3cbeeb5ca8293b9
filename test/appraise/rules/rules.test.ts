// Does an owner's rule say what CEL says, within its bounds, and does everything else than "true" fail?
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { parsePolicy } from "../../../core/appraise/policy-parser.ts";
import { simulatedPreset } from "../../../core/appraise/presets.ts";
import type { CheckResult } from "../../../core/appraise/result.ts";
import { checkRules } from "../../../core/appraise/rules/check-rules.ts";
import { claimForms } from "../../../core/appraise/rules/claim-forms.ts";
import { claimsOf } from "../../../core/appraise/rules/claims.ts";
import { compileRule } from "../../../core/appraise/rules/compile.ts";
import { maximumRules } from "../../../core/appraise/rules/rule.ts";
import type { BoundReport } from "../../../core/appraise/verify.ts";
import { fullPolicy } from "../../kit/policies.ts";
import { appraiseWith, boundReport } from "../kit.ts";
import { wellTyped } from "./well-typed.ts";

let milan: BoundReport;
let turin: BoundReport;
let old: BoundReport;
beforeAll(async () => {
  milan = await boundReport({ launch: { guestSvn: 7, measurement: new Uint8Array(48).fill(0xab) }, chip: { reportVersion: 3 } });
  turin = await boundReport({ product: "Turin", chip: { reportVersion: 5, launchMitVector: 0x6n, currentMitVector: 0x2n } });
  old = await boundReport({ chip: { reportVersion: 2 } }, { product: "Milan" });
});

function verdictOf(expression: string, report = milan): CheckResult {
  const [check] = checkRules([{ id: "r", expression, sentence: "As the owner says." }], report);
  if (check === undefined) throw new Error("no check");
  return check;
}

describe("what it says", () => {
  test.each<[string, "pass" | "fail"]>([
    ["true", "pass"],
    ["false", "fail"],
    ["report.guestSvn == 7", "pass"],
    ["report.guestSvn > 7", "fail"],
    ["report.measurement.startsWith('abab') && product == 'Milan'", "pass"],
    ["line in ['Milan', 'Milan-X']", "pass"],
    ["signer == 'vcek' && !has(tcb.reported.fmc)", "pass"],
    ["tcb.reported.snp >= 4 && tcb.committed.microcode >= tcb.launch.microcode", "pass"],
    ["firmware.current.major * 1000 + firmware.current.minor >= 1055", "pass"],
    ["policy.debug ? false : true", "pass"],
    ["platform.aliasCheckComplete", "pass"],
    ["size(platform.unknownBits) == 0", "pass"],
    ["at < timestamp('2030-01-01T00:00:00Z') && at.getFullYear() == 2026", "pass"],
    ["at.getHours() == 12 && at.getDayOfWeek() == 2", "pass"],
    ["has(cpuid.family) && cpuid.family == 25", "pass"],
    ["simulated", "pass"],
  ])("%s: %s", (expression, verdict) => {
    expect(verdictOf(expression)).toMatchObject({ id: "rule.r", group: "rules", verdict, expected: expression });
  });

  test("mitigations are lists of bits", () => {
    expect(verdictOf("1 in mitigations.launch && 2 in mitigations.launch && 1 in mitigations.current", turin).verdict).toBe("pass");
    expect(verdictOf("2 in mitigations.current", turin)).toMatchObject({
      verdict: "fail",
      code: "appraise.rule-failed",
      actual: "mitigations.current = [1]",
    });
  });

  test("a rule that fails says its own sentence and what it read", () => {
    expect(verdictOf("report.guestSvn >= 9 && product == 'Milan'")).toMatchObject({
      sentence: "As the owner says.",
      code: "appraise.rule-failed",
      actual: 'report.guestSvn = 7, product = "Milan"',
    });
  });
});

describe("what cannot be evaluated fails", () => {
  test.each<[string]>([
    ["tcb.reported.fmc > 0"],
    ["1 in mitigations.current"],
    ["report.guestSvn / 0 == 1"],
    ["report.guestSvn % 0 == 1"],
    ["9223372036854775807 + report.guestSvn > 0"],
    ["-9223372036854775807 - report.guestSvn < 0"],
    ["4611686018427387904 * report.guestSvn > 0"],
    ["duration('999999h999999h') + duration('999999h') > duration('1s')"],
  ])("%s", (expression) => {
    expect(verdictOf(expression)).toMatchObject({ verdict: "fail", code: "appraise.rule-error" });
  });

  test("an absent claim is named", () => {
    expect(verdictOf("has(tcb.reported.fmc) || report.guestSvn / 0 == 1")).toMatchObject({
      code: "appraise.rule-error",
      actual: "report.guestSvn = 7, tcb.reported.fmc = not there",
      sentence: expect.not.stringContaining("has no") as string,
    });
    expect(verdictOf("tcb.reported.fmc > tcb.committed.fmc").sentence).toContain("(the report has no tcb.reported.fmc, tcb.committed.fmc)");
  });

  test("a report that does not name its processor has no line", () => {
    expect(verdictOf("line == 'Milan'", old)).toMatchObject({ verdict: "fail", code: "appraise.rule-error" });
    expect(verdictOf("cpuid.family == 25", old)).toMatchObject({ verdict: "fail", code: "appraise.rule-error" });
  });
});

describe("what is no rule is refused when the policy is read", () => {
  test.each<[string, string]>([
    ["", "is not an expression"],
    ["report.guestSvn ==", "found ="],
    ["report.guestSvm == 1", "there is no claim report.guestSvm"],
    ["guestSvn == 1", "there is no claim guestSvn"],
    ["report == report", "report is a group of claims"],
    ["__proto__ == 1", "there is no claim __proto__"],
    ["report.constructor == 1", "there is no claim report.constructor"],
    ["[1, 2].exists(x, x > 1)", "may not be used"],
    ["platform.unknownBits.all(b, b < 9)", "may not be used"],
    ["product.matches('(a+)+b')", "matches may not be used"],
    ["{'a': 1} == {'a': 1}", "maps and messages"],
    ["google.protobuf.Timestamp{seconds: 1} == at", "maps and messages"],
    ["cel.bind(x, 1, x == 1)", "bind may not be used"],
    ["type(product) == string", "type may not be used"],
    ["dyn(product) == 1", "dyn may not be used"],
    ["bytes(product) == b'a'", "bytes may not be used"],
    [`${"(".repeat(400)}true${")".repeat(400)}`, "nested too deeply"],
    [`${"1 + ".repeat(100)}1 == 1`, "nested too deeply"],
    ["x".repeat(1025), "is not an expression"],
  ])("%s", (expression, why) => {
    const rules = [{ id: "r", expression, sentence: "As the owner says." }];
    const parsed = parsePolicy({ ...fullPolicy, rules });
    expect(parsed).toMatchObject({
      ok: false,
      failure: { code: "appraise.policy-malformed", detail: expect.stringContaining(why) as string },
    });
  });

  test("more rules than a policy may have", () => {
    const rules = Array.from({ length: maximumRules + 1 }, (_, index) => ({ id: `r${index}`, expression: "true", sentence: "x" }));
    expect(parsePolicy({ ...fullPolicy, rules }).ok).toBe(false);
    expect(parsePolicy({ ...fullPolicy, rules: rules.slice(1) }).ok).toBe(true);
  });
});

test("every name that a rule may use is there on a Turin of version 5, and nothing else is", () => {
  expect([...Object.keys(claimsOf(turin)), "provider"].toSorted()).toEqual([...claimForms.keys()].toSorted());
});

test("rules only add checks: whatever they say, a refused result stays refused, and an accepted one needs them all", async () => {
  const refused = await boundReport({ request: { vmpl: 2 } });
  const accepted = await boundReport();
  const written = fc.oneof(wellTyped, fc.constantFrom("true", "false", "not a rule", "1 / 0 == 1", "simulated || 1 / 0 == 1"));
  const policy = simulatedPreset();
  fc.assert(
    fc.property(fc.array(written, { maxLength: maximumRules }), (expressions) => {
      const rules = expressions.map((expression, index) => ({ id: `r${index}`, expression, sentence: "As the owner says." }));
      for (const report of [refused, accepted]) {
        const without = appraiseWith(report, { policy });
        const { checks, verdict } = appraiseWith(report, { policy: { ...policy, rules } });
        const added = checks.slice(without.checks.length);
        expect(checks.slice(0, without.checks.length)).toEqual(without.checks);
        expect(added.map(({ id }) => id)).toEqual(rules.map(({ id }) => `rule.${id}`));
        const keepsAll = added.every((check) => check.verdict === "pass");
        expect(verdict).toBe(without.verdict === "accepted" && keepsAll ? "accepted" : "refused");
      }
      expect(appraiseWith(refused, { policy: { ...policy, rules } }).verdict).toBe("refused");
    }),
    { numRuns: 100 },
  );
});

/** The longest forms that make a parser walk back and forth. */
test.each([
  "(".repeat(1024),
  "!".repeat(1024),
  "- ".repeat(512),
  "a?".repeat(512),
  "a?b:".repeat(256),
  `${"a?(".repeat(204)}1${"):1".repeat(136)}`,
  "1+".repeat(512),
  "a&&".repeat(341),
  "a.".repeat(512),
  "a.b(".repeat(256),
  "a[".repeat(512),
  "{1:".repeat(341),
  "a{b:".repeat(256),
  "'".repeat(1024),
  `'${"\\".repeat(1023)}`,
  "9".repeat(1024),
  "1.".repeat(512),
  "/".repeat(1024),
  `${"(".repeat(24)}${"a<".repeat(400)}`,
])("no rule, said at once: %#", (expression) => {
  const start = performance.now();
  expect(compileRule(expression)).toMatchObject({ ok: false, failure: { code: "appraise.rule-malformed" } });
  expect(performance.now() - start).toBeLessThan(1_000);
});

test("whatever the text: compiled or refused, and evaluated without a throw or a wait", () => {
  const words = [
    "report",
    ".guestSvn",
    "product",
    "tcb",
    ".reported",
    ".snp",
    "at",
    "(",
    ")",
    "[",
    "]",
    "&&",
    "||",
    "!",
    "?",
    ":",
    "==",
    "<",
    "in",
    "1",
    "'x'",
    "-",
    "+",
    "*",
    "/",
    "%",
    ",",
    "has",
    "size",
    "int",
    "timestamp",
    ".exists",
    "{",
    "}",
    "9223372036854775807",
    "b'\\xff'",
    "null",
    "0u",
    "1e308",
  ];
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(text, (expression) => {
      const compiled = compileRule(expression);
      const check = verdictOf(expression);
      expect(compiled.ok || check.code === "appraise.rule-malformed").toBe(true);
      expect([undefined, "appraise.rule-malformed", "appraise.rule-failed", "appraise.rule-error"]).toContain(check.code);
      expect(check.verdict === "pass").toBe(check.code === undefined);
    }),
    { numRuns: 3_000 },
  );
});
