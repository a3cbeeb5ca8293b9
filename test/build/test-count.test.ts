// Is the closing line of `npm test` true? Silence, a file that does not load and a skipped test must show.
import { describe, expect, test } from "vitest";
import { closingLine, countTests } from "../../build/test-count.mjs";

const assertion = (status: string) => ({ fullName: `a test that ${status}`, status });

describe("the closing line", () => {
  test("counts every test once", () => {
    const statuses = ["passed", "passed", "failed", "skipped", "pending", "todo"];
    const count = countTests({ testResults: [{ status: "failed", assertionResults: statuses.map(assertion) }] });
    expect(closingLine(count)).toBe("2 passed, 1 failed, 3 skipped");
    expect(count.skippedNames).toEqual(["a test that skipped", "a test that pending", "a test that todo"]);
  });

  test("counts a file that did not load as one failure", () => {
    const count = countTests({
      testResults: [
        { status: "failed", assertionResults: [] },
        { status: "passed", assertionResults: [assertion("passed")] },
      ],
    });
    expect(closingLine(count)).toBe("1 passed, 1 failed, 0 skipped");
  });

  test.each([undefined, {}])("takes a report of %s for a failure", (report) => {
    expect(closingLine(countTests(report))).toBe("0 passed, 1 failed, 0 skipped");
  });
});
