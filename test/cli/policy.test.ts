// Does `portcullis policy` print what the manager reads, name every fault, and tell when a policy became looser? Real processes, files and pipes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policySchema } from "../../core/appraise/policy-schema.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { labPreset, simulatedPreset, standardPreset, strictPreset } from "../../core/appraise/presets.ts";
import { canonicalJson, parseJson } from "../../core/base/json.ts";
import type { Json } from "../../core/base/json.ts";
import { portcullis } from "./kit.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-policy-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: Json | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content instanceof Uint8Array ? content : canonicalJson(content));
  return path;
}

const measurement = "ab".repeat(48);
const chip = "cd".repeat(64);
const named = { digest: measurement, label: "named on the command line" };

describe("preset", () => {
  test.each([
    ["standard", [], standardPreset()],
    ["strict", [], strictPreset()],
    ["lab", [], labPreset()],
    ["simulated", [], simulatedPreset()],
    ["standard", ["--measurement", measurement, "--chip", chip], standardPreset({ measurements: [named], chipIds: [chip] })],
  ] as const)("%s %j is what the manager reads", async (name, more, expected) => {
    const { code, stdout } = await portcullis("policy", "preset", name, ...more);
    expect(parsePolicy(parseJson(stdout))).toEqual({ ok: true, value: expected });
    expect(code).toBe(0);
  });

  test.each([
    [["manual"], "cli.usage"],
    [["simulated", "--chip", chip], "cli.usage"],
    [["standard", "--measurement", measurement.slice(2)], "appraise.policy-malformed"],
  ] as const)("%j is refused", async (args, expected) => {
    const { code, json } = await portcullis("policy", "preset", ...args);
    expect(json()).toMatchObject({ failure: { code: expected } });
    expect(code).toBe(2);
  });
});

describe("check", () => {
  test("names what is waived", async () => {
    const { code, json } = await portcullis("policy", "check", write("good.json", standardPreset()));
    const answer = json() as { readonly waived: readonly { readonly field: string }[] };
    expect(answer).toMatchObject({ policy: true, faults: [] });
    expect(answer.waived.map(({ field }) => field)).toContain("measurement");
    expect(code).toBe(0);
  });

  test("names every fault at once", async () => {
    const { revocation, ...checks } = standardPreset().checks;
    const broken = {
      ...standardPreset(),
      checks: { ...checks, vmpl: { require: { maximum: 4 } }, measurement: { require: [{ digest: "ab", label: "a" }, "cd"] }, surprise: 1 },
      release: "sometimes",
    };
    expect(revocation).toEqual({ require: { graceHours: 0 } });
    const { code, json } = await portcullis("policy", "check", write("bad.json", broken));
    expect(json()).toEqual({
      policy: false,
      waived: [],
      faults: [
        'policy.checks has an unknown member "surprise"',
        "policy.checks.vmpl.maximum is not a whole number from 0 to 3",
        "policy.checks.measurement[0].digest is not 48 bytes of lower-case hex",
        "policy.checks.measurement[1] is not an object",
        "policy.checks.revocation is missing",
        "policy.release is not one of manual, first-launch-manual, automatic",
      ],
    });
    expect(code).toBe(1);
  });

  test.each([
    ["/nowhere", "cli.unreadable"],
    [new Uint8Array([0x7b, 0x22]), "appraise.policy-malformed"],
    [new Uint8Array([0xff]), "appraise.policy-malformed"],
  ] as const)("%s cannot be read", async (content, expected) => {
    const path = typeof content === "string" ? content : write("none.json", content);
    const { code, json } = await portcullis("policy", "check", path);
    expect(json()).toMatchObject({ failure: { code: expected } });
    expect(code).toBe(2);
  });
});

test("schema prints the published form", async () => {
  const { code, json } = await portcullis("policy", "schema");
  expect(json()).toEqual(policySchema);
  expect(code).toBe(0);
});

test("diff says what became looser, and why, and ends with 1 for it", async () => {
  const strict = standardPreset({ measurements: [named], chipIds: [chip] });
  const [before, after] = [write("before.json", strict), write("after.json", standardPreset({ measurements: [named] }))];
  const forth = await portcullis("policy", "diff", before, after);
  const { waived: waiver = "" } = standardPreset().checks.chipId as { readonly waived?: string };
  expect(forth.json()).toEqual({
    looser: true,
    changes: [{ field: "chipId", title: "Chips", direction: "looser", sentence: `Waived now: ${waiver}`, waiver }],
  });
  expect(forth.code).toBe(1);
  const back = await portcullis("policy", "diff", after, before);
  expect(back.json()).toMatchObject({ looser: false, changes: [{ field: "chipId", direction: "stricter" }] });
  expect(back.code).toBe(0);
  expect((await portcullis("policy", "diff", before, write("none.json", {}))).code).toBe(2);
});
