// Does `portcullis report compare` say what differs between two reports, with exit 0 where nothing does?
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeReport, type ReportFields } from "../../core/snp/report-encode.ts";
import { portcullis } from "./kit.ts";

let folder = "";
const file = (name: string): string => join(folder, name);
const usual: Partial<ReportFields> = {
  cpuid: { family: 0x19, model: 1, stepping: 1 },
  policy: 0x3_0000n,
  reportId: new Uint8Array(32).fill(1),
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-compare-"));
  writeFileSync(file("a"), encodeReport(usual));
  writeFileSync(file("again"), encodeReport({ ...usual, reportId: new Uint8Array(32).fill(2) }));
  writeFileSync(file("b"), encodeReport({ ...usual, policy: 0xa_0000n, guestSvn: 3 }));
  writeFileSync(file("short"), new Uint8Array(12));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("two launches of the same: exit 0, and what differs always is said once", async () => {
  const { code, json } = await portcullis("report", "compare", file("a"), file("again"));
  expect([code, json()]).toEqual([0, { differences: [], always: expect.stringContaining("REPORT_ID") as string }]);
});

test("what differs, by name and in words: exit 1", async () => {
  const { code, json } = await portcullis("report", "compare", file("a"), file("b"), "--json");
  expect([code, json()]).toMatchObject([
    1,
    {
      differences: [
        { name: "GUEST_SVN", before: "0", after: "3" },
        { name: "POLICY.SMT", before: "allowed", after: "not allowed" },
        { name: "POLICY.DEBUG", before: "not allowed", after: "allowed", sentence: expect.stringContaining("weaker") as string },
      ],
    },
  ]);
});

test.each([
  ["a file that is no report", ["short", "a"], "snp.report-length"],
  ["a file that is not there", ["a", "nowhere"], "cli.unreadable"],
])("%s: exit 2", async (_, names, code) => {
  const answer = await portcullis("report", "compare", ...names.map(file));
  expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
});
