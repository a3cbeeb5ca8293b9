// Does what it costs to read a policy's text grow with its length, and not with the square of it? Each of these stood still for seconds once.
import { expect, test } from "vitest";
import { maximumPolicyText, policyFromText } from "../../core/appraise/policy-text.ts";

const numbered = (write: (number: string) => string): string => {
  let text = "";
  for (let number = 0; text.length < maximumPolicyText - 20; number++) text += write(`k${number.toString(36)}`);
  return text;
};

test.each([
  ["thousands of keys", numbered((key) => `${key}:\n`)],
  ["a set of thousands", `a: {${numbered((key) => `${key},`)}}`.slice(0, maximumPolicyText)],
  ["thousands of faults", "- ]\n".repeat(maximumPolicyText / 4)],
])("%s, as much as is read at all", (_, text) => {
  const before = process.threadCpuUsage();
  expect(policyFromText(text)).toMatchObject({ ok: false, failure: { code: "appraise.policy-malformed" } });
  const { user, system } = process.threadCpuUsage(before);
  // Microseconds; usually a tenth of it.
  expect(user + system).toBeLessThan(4_000_000);
});

test("a key that is there twice is named with its place", () => {
  expect(policyFromText("version: 1\nrelease: manual\nversion: 2")).toMatchObject({
    failure: { detail: "YAML: a key is there twice at line 3, column 1" },
  });
});
