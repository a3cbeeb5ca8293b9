// Does `portcullis policy floors` show where each number comes from, and does `policy fill` take only what it was told to take? Real processes and files.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { knownFloors } from "../../core/appraise/floors/known-floors.ts";
import { policyFromText } from "../../core/appraise/policy-text.ts";
import { strictPreset, standardPreset } from "../../core/appraise/presets.ts";
import { boundReport } from "../appraise/kit.ts";
import { portcullis } from "./kit.ts";

let folder = "";
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-floors-"));
  const { report } = await boundReport({ product: "Genoa" });
  write("genoa.bin", report.raw);
  write("policy.json", JSON.stringify(standardPreset()));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("floors: every line with its source and date; its JSON is a table that is read back", async () => {
  const { code, json, stdout } = await portcullis("policy", "floors", "--json");
  expect([code, json()]).toEqual([0, { version: 1, floors: knownFloors }]);
  const again = await portcullis("policy", "floors", "--table", write("floors.json", stdout), "--json");
  expect([again.code, again.json()]).toEqual([0, json()]);
});

describe("fill", () => {
  test("from a machine, in YAML that reads back; what the machine lacks is said beside it", async () => {
    const args = ["fill", join(folder, "policy.json"), "--report", join(folder, "genoa.bin"), "--yaml"];
    const { code, stdout, stderr } = await portcullis("policy", ...args);
    expect([code, stdout.startsWith("#")]).toEqual([0, true]);
    const policy = policyFromText(stdout);
    expect(policy.ok && policy.value.checks.committedTcb).toMatchObject({
      require: { Genoa: { bootloader: expect.any(Number) as number } },
    });
    expect(stderr).toContain("Required now");
  });

  test("from the table, only with a certainty", async () => {
    const with2 = await portcullis("policy", "fill", join(folder, "policy.json"), "--certainty", "two-sources");
    expect(with2.json()).toMatchObject({ checks: { currentTcb: { require: { Genoa: { snp: 27 } } } } });
    const without = await portcullis("policy", "fill", join(folder, "policy.json"));
    expect([without.code, without.json()]).toMatchObject([2, { failure: { code: "cli.usage" } }]);
  });

  test.each([
    ["an unknown certainty", ["--certainty", "sure"], "cli.usage"],
    ["a table that is none", ["--certainty", "one-source", "--table", "policy.json"], "appraise.floors-malformed"],
    ["a report that is none", ["--report", "policy.json"], "snp.report-length"],
    ["a report that is not there", ["--report", "nowhere.bin"], "cli.unreadable"],
  ])("%s is refused", async (_, more, expected) => {
    const inFolder = more.map((word) => (word.includes(".") ? join(folder, word) : word));
    const { code, json } = await portcullis("policy", "fill", join(folder, "policy.json"), ...inFolder);
    expect([code, json()]).toMatchObject([2, { failure: { code: expected } }]);
  });
});

test("preset --yaml says what it is for, and is the preset", async () => {
  const { stdout } = await portcullis("policy", "preset", "strict", "--yaml");
  expect(stdout.split("\n", 1)[0]).toMatch(/^# For VMs whose secrets/);
  expect(policyFromText(stdout)).toEqual({ ok: true, value: strictPreset() });
});
