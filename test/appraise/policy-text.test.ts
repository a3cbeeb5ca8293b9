// Does a policy in YAML say exactly what the same policy in JSON says, and is what JSON could not say refused?
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { jsonFromText, maximumPolicyText, policyFromText, policyTextFaults } from "../../core/appraise/policy-text.ts";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import type { Json } from "../../core/base/json.ts";

test.each(presetNames)("%s: JSON and commented YAML are the same policy", (name) => {
  const policy = presets[name].policy({});
  const yaml = `# for db-1\n${stringify(policy, { aliasDuplicateObjects: false })}\n# the end`;
  expect(policyFromText(JSON.stringify(policy))).toEqual({ ok: true, value: policy });
  expect(policyFromText(yaml)).toEqual({ ok: true, value: policy });
  expect(policyTextFaults(yaml)).toEqual([]);
});

test.each<[string, string]>([
  ["nothing at all", ""],
  ["an alias", "a: &x 1\nb: *x"],
  ["a tag that is known", "!!binary aGk="],
  ["a tag that is not", "!foo {a: 1}"],
  ["a key twice", "a: 1\na: 2"],
  ["a second document", "---\na: 1\n---\nb: 2"],
  ["a key that is no text", "? [1, 2]\n: 3"],
  ["a merge key", "<<: {version: 1}"],
  ["a prototype", "__proto__: {version: 1}"],
  ["a number that is none", "version: .nan"],
  ["nested too deeply, by brackets", "[".repeat(20_000)],
  ["nested too deeply, by dashes", "- ".repeat(20_000)],
  ["more than is ever needed", `# ${"x".repeat(maximumPolicyText)}`],
  ["half of a JSON object", "{"],
  ["JSON with a comment", '{ "version": 1 } # one'],
])("%s is refused", (_, text) => {
  expect(policyFromText(text)).toMatchObject({ ok: false, failure: { code: "appraise.policy-malformed" } });
  expect(policyTextFaults(text).length).toBeGreaterThan(0);
});

test("what YAML makes of an unquoted version is named with its place", () => {
  const policy = stringify(presets.standard.policy({}), { aliasDuplicateObjects: false }).replace('abiMinimum: "0.0"', "abiMinimum: 1.55");
  expect(policyTextFaults(policy)).toEqual(["policy.checks.guestPolicy.abiMinimum is not a version of 2 numbers: put it in quotes"]);
});

test("whatever is JSON survives the way through YAML", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (json) => {
      const text = stringify(json, { aliasDuplicateObjects: false });
      const read = jsonFromText(text.trimStart().startsWith("{") ? `# not JSON\n${text}` : text);
      if (read.ok) expect(sorted(read.value)).toEqual(sorted(JSON.parse(JSON.stringify(json)) as Json));
      else expect(read.failure.code).toBe("appraise.policy-malformed");
    }),
    { numRuns: 300 },
  );
});

function sorted(json: Json): string {
  return JSON.stringify(json, (_, value: Json) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
