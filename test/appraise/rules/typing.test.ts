// Is a slip of the pen found when a rule is written, and does a rule that was read never stumble over a type?
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { checkRules } from "../../../core/appraise/rules/check-rules.ts";
import { claimForms } from "../../../core/appraise/rules/claim-forms.ts";
import { compileRule } from "../../../core/appraise/rules/compile.ts";
import { maximumExpression, maximumRules } from "../../../core/appraise/rules/rule.ts";
import type { BoundReport } from "../../../core/appraise/verify.ts";
import { boundReport } from "../kit.ts";
import { wellTyped } from "./well-typed.ts";

const hex48 = "ab".repeat(48);

let milan: BoundReport;
let turin: BoundReport;
beforeAll(async () => {
  milan = await boundReport({ chip: { reportVersion: 2 } }, { product: "Milan" });
  turin = await boundReport({ product: "Turin", chip: { reportVersion: 5, launchMitVector: 6n, currentMitVector: 2n } });
});

function faultOf(expression: string): string {
  const compiled = compileRule(expression);
  if (compiled.ok) return "none";
  expect(compiled.failure.code).toBe("appraise.rule-malformed");
  return compiled.failure.detail ?? "";
}

describe("what can be a rule", () => {
  test.each([
    "policy.debug",
    "!(policy.debug || policy.migrateMa) && platform.aliasCheckComplete",
    "product == 'Milan' ? tcb.reported.microcode >= 219 : tcb.reported.microcode >= 1",
    `report.measurement in ['${hex48}', '${"00".repeat(48)}']`,
    "'Turin' != product",
    "report.measurement != report.idKeyDigest",
    "platform.unknownBits == [] || platform.unknownBits == [8, 9]",
    "[] != mitigations.launch",
    "size(mitigations.launch) > 1 && mitigations.launch.size() < 9",
    "size(firmware.current.text) == 7 && firmware.current.text.size() > 2",
    "provider.endsWith('example') && line.startsWith('Milan') && report.chipId.contains('00ff')",
    "at - timestamp('2026-01-01T00:00:00Z') < duration('9000h')",
    "at + duration('1h30m') > at - duration('1s') && duration('1h') + duration('1m') - duration('1s') > duration('0s')",
    "int(at) % 60 == 0 && int(duration('1h')) == 3600",
    "at.getDayOfWeek() in [1, 2, 3, 4, 5]",
    "has(mitigations.launch)",
    "report.guestSvn == 0x10 && -report.guestSvn < -9223372036854775808",
    "provider == 'caf\\u00e9'",
    "report.guestSvn > 1 // a comment\n && true",
  ])("%s", (expression) => {
    expect(faultOf(expression)).toBe("none");
  });
});

describe("what can not", () => {
  test.each<[string, string]>([
    ["report.guestSvn", "a rule is true or false; this is an int"],
    ["'yes'", "a rule is true or false; this is a text"],
    ["[true] == [true]", "a list holds"],
    ["platform.unknownBits[0] == 8", "[] may not be used"],
    ["at", "this is a timestamp"],
    ["report.version == '3'", "== cannot compare an int and a text"],
    ["report.measurement != 5", "!= cannot compare a text and an int"],
    ["simulated == 1", "== cannot compare a bool and an int"],
    ["at > '2026-01-01T00:00:00Z'", "text has no order in a rule"],
    ["at == '2026-01-01T00:00:00Z'", "== cannot compare a timestamp and a text"],
    ["firmware.current.text >= '1.55.10'", "text has no order in a rule: compare numbers"],
    ["simulated < true", "< cannot take a bool and a bool"],
    ["report.version && true", "&& cannot take an int and a bool"],
    ["!report.version", "! cannot take an int"],
    ["report.guestSvn ? true : false", "? : cannot choose"],
    ["simulated ? true : 1", "? : cannot choose"],
    ["product + line == 'x'", "+ cannot take a text and a text"],
    ["[1] + [2] == [1, 2]", "+ cannot take a list of ints"],
    ["'8' in platform.unknownBits", "in cannot compare"],
    ["report.version in product", "in cannot compare"],
    ["report.version in []", "in cannot compare"],
    ["report.version in [2, '3']", "a list holds whole numbers alone"],
    ["[platform.unknownBits] == [[8]]", "a list holds whole numbers alone"],
    ["product == 'milan'", 'the claim can never be "milan": it is Milan, Genoa, Turin'],
    ["product != 'milan'", "can never be"],
    ["!('VCEK' == signer)", "can never be"],
    ["line in ['Milan', 'Bergamo']", 'can never be "Bergamo"'],
    [`report.measurement != '${hex48.toUpperCase()}'`, "it is lower-case hex of 48 bytes"],
    [`report.chipId == '${hex48}'`, "it is lower-case hex of 64 bytes"],
    ["!report.chipId.startsWith('0xab')", 'can never have "0xab" in it'],
    ["!product.contains('milan')", "can never have"],
    ["product.startsWith('')", "every text has the empty one in it"],
    ["report.guestSvn > 1.5", "only whole numbers"],
    ["report.guestSvn > 1u", "only whole numbers"],
    ["product != null", "only whole numbers"],
    ["b'a' == b'a'", "only whole numbers"],
    ["report.guestSvn < 9223372036854775808", "is no number of 64 bits"],
    [`report.guestSvn < ${"9".repeat(999)}`, "is no number of 64 bits"],
    ["at > timestamp(1790000000)", "timestamp cannot take an int"],
    ["at > timestamp('2026-01-01')", "timestamp() takes a text such as"],
    ["at > timestamp('2026-13-01T00:00:00Z')", "timestamp() takes a text such as"],
    ["at > timestamp(product)", "timestamp() takes a text such as"],
    ["at > timestamp(false ? '2026-01-01T00:00:00Z' : '2026-01-02T00:00:00Z')", "timestamp() takes a text such as"],
    ["at - at > duration('')", "duration() takes a text such as"],
    ["at - at > duration('-')", "duration() takes a text such as"],
    ["at - at > duration('1d')", "duration() takes a text such as"],
    [`at - at > duration('${"999999h".repeat(3)}')`, "duration() takes a text such as"],
    ["int('5') == 5", "int cannot take a text"],
    ["at.getHours('Europe/Berlin') > 6", "getHours() is in UTC and takes no zone"],
    ["getHours(at) > 6", "getHours may not be used"],
    ["duration('1h').getHours() == 1", "getHours cannot take a duration"],
    ["string(report.version) == '3'", "string may not be used"],
    ["report.version.int() == 3", "int may not be used"],
    ["toString(report) == ''", "toString may not be used"],
    ["report.measurement.constructor() == ''", "constructor may not be used"],
    ["has(provider)", "has() asks for one claim of a group"],
    ["has(tcb.reported)", "tcb.reported is a group of claims"],
    ["has(tcb.reported.fmd)", "there is no claim tcb.reported.fmd"],
    ["has(tcb.reported.fmc).fmc == 1", "a member can only be asked of a claim"],
    ["has(has(tcb.reported.fmc).fmc)", "a member can only be asked of a claim"],
    ["report['version'] == 3", "[] may not be used"],
    [".reports.version == 3", "there is no claim reports.version"],
    ["report.version.major == 3", "there is no claim report.version.major"],
    ["int == int", "there is no claim int"],
    ["google.protobuf.Timestamp == 1", "there is no claim google"],
    ["product == 'Mil\u0430n'", "plain ASCII"],
    ["product == 'Milan' \u202e", "plain ASCII"],
    ["true\u0000", "plain ASCII"],
    ["", "characters long"],
    ["x".repeat(maximumExpression + 1), "characters long"],
    [`report.version in [${Array.from({ length: 257 }, () => "1").join()}]`, "more than 256 parts"],
    [`${"1 + ".repeat(33)}1 == 1`, "nested too deeply"],
    [`${"simulated ? true : ".repeat(50)}true`, "nested too deeply"],
    [`${"(".repeat(25)}true${")".repeat(25)}`, "nested too deeply"],
  ])("%s", (expression, why) => {
    expect(faultOf(expression)).toContain(why);
  });

  test("the bounds are met exactly", () => {
    const long = `report.version in [${Array.from({ length: 253 }, () => "1").join()}]`;
    expect(faultOf(long)).toBe("none");
    expect(faultOf(long.replace("[", "[1,1,"))).toContain("more than 256 parts");
    expect(faultOf(`${"(".repeat(24)}true${")".repeat(24)}`)).toBe("none");
    expect(faultOf(`${"simulated ? true : ".repeat(32)}true`)).toBe("none");
    expect(faultOf(`${"simulated ? true : ".repeat(33)}true`)).toContain("nested too deeply");
    expect(faultOf(`true${" ".repeat(maximumExpression - 4)}`)).toBe("none");
  });
});

test("a rule of the right types is read, and then true, false, or in need of what is absent or out of range", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(wellTyped, fc.boolean(), (expression, newer) => {
      const fault = faultOf(expression);
      fc.pre(!/nested too deeply|characters long|parts/.test(fault));
      expect(fault).toBe("none");
      const [check] = checkRules([{ id: "r", expression, sentence: "As the owner says." }], newer ? turin : milan);
      expect(check?.sentence).not.toMatch(/overload|neither true nor false|type mismatch|unbound|unresolved function/);
      const answer = check?.code ?? "pass";
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }),
    { numRuns: 3_000 },
  );
  expect([...seen.keys()].toSorted()).toEqual(["appraise.rule-error", "appraise.rule-failed", "pass"]);
});

test("a full policy of rules costs little once it is compiled", () => {
  const long = `(report.measurement.startsWith('ab') || ${"tcb.reported.snp + tcb.launch.snp >= 0 && ".repeat(20)}at.getHours() < 25)`;
  const rules = Array.from({ length: maximumRules }, (_, index) => ({
    id: `r${index}`,
    expression: `${long} && report.guestSvn >= ${index - 20}`,
    sentence: "x",
  }));
  expect(checkRules(rules, turin).map(({ verdict }) => verdict)).toEqual(rules.map(() => "pass"));
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    checkRules(rules, turin);
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  // A hundredfold of what it costs on an idle machine: this finds a bound that is gone, and no slow neighbour.
  expect(times[25]).toBeLessThan(200);
});

test("what a rule shows of what it read is bounded", () => {
  const everything = [...claimForms.keys()];
  const inPieces = Array.from({ length: 8 }, (_, part) => everything.filter((__, index) => index % 8 === part));
  for (const paths of inPieces) {
    const expression = paths.map((path) => `${path} == ${path}`).join(" && ");
    const [check] = checkRules([{ id: "r", expression, sentence: "x" }], { ...turin, vek: { ...turin.vek, cspId: "x".repeat(100_000) } });
    expect(check?.code).toBeUndefined();
    expect(check?.actual.length).toBeLessThan(2_000);
  }
});
