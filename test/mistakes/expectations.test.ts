// Mistake 2 of real verifiers: what is not expected is not checked. Here a missing expectation is a fault of the policy, a failed check,
// or a bug that throws; never a pass.
import { describe, expect, test } from "vitest";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { presetNames, presets, standardPreset } from "../../core/appraise/presets.ts";
import { bindReport, verifyReport } from "../../core/appraise/verify.ts";
import { parseJson } from "../../core/base/json.ts";
import type { Json, JsonObject } from "../../core/base/json.ts";
import { appraiseWith, boundReport, checkOf, hostData, verifyInput } from "../appraise/kit.ts";
import { judged } from "./kit.ts";

const fields = Object.keys(standardPreset().checks) as (keyof PolicyChecks)[];

describe("mistake 2: an expectation that is missing is a check that is skipped", () => {
  test.each(fields)("a policy without a word about %s is no policy", (field) => {
    for (const name of presetNames) expect(faultOf(without(presets[name].policy({}), field))).toContain(`${field} is missing`);
  });

  test.each(fields)("%s cannot be demanded empty, of nothing, or waived without a reason", (field) => {
    const demands: readonly Json[] = [{}, null, { require: null }, { require: [] }, { require: {} }, { waived: "" }, { waived: " " }];
    for (const demand of demands) expect([field, demand, faultOf(having(field, demand))]).toEqual([field, demand, expect.any(String)]);
  });

  test.each(["measurement", "idKeyDigest", "authorKeyDigest", "chipId"] as const)("zeros are no expectation of %s", (field) => {
    const zeros = "00".repeat(field === "chipId" ? 64 : 48);
    const demand = { require: [field === "measurement" ? { digest: zeros, label: "nothing" } : zeros] };
    expect(faultOf(having(field, demand))).toContain("is all zero");
  });

  test("every check answers in every result: passed, failed, or waived in words", async () => {
    const { checks } = appraiseWith(await boundReport());
    expect(checks.filter(({ verdict, waiver }) => verdict === "waived" && (waiver ?? "").trim() === "")).toEqual([]);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.length).toBeGreaterThanOrEqual(fields.length);
  });

  test("the expected REPORT_DATA is 64 bytes and not zeros, or this is a bug of ours, which throws", async () => {
    const verification = verifyReport(await verifyInput({ request: { reportData: new Uint8Array(64) } }));
    if (!verification.genuine) throw new Error("not genuine");
    for (const length of [0, 32, 63, 64, 65])
      expect(() => bindReport(verification.report, new Uint8Array(length))).toThrow("no expected report data");
    expect(bindReport(verification.report, new Uint8Array(64).fill(1))).toMatchObject({ failure: { code: "appraise.report-data" } });
  });

  test("no configuration to compare with fails HOST_DATA, also where that is zeros", async () => {
    const report = await boundReport({ launch: { hostData: new Uint8Array(32) } });
    const judgedWith = (configurationDigest: Uint8Array) => checkOf(appraiseWith(report, { configurationDigest }), "configuration").verdict;
    expect([new Uint8Array(0), new Uint8Array(31), hostData].map(judgedWith)).toEqual(["fail", "fail", "fail"]);
  });

  test("a demand of the history, where there is none at hand, fails", async () => {
    const require = { require: true } as const;
    const demands = { knownChip: require, tcbHistory: require, freshInstance: require, otherInstance: { require: { minutes: 10 } } };
    const { checks, ...policy } = standardPreset();
    const result = judged(await verifyInput(), { ...policy, checks: { ...checks, ...demands } });
    for (const id of ["known-chip", "tcb-history", "fresh-instance", "other-instance"]) {
      expect(result.find((check) => check.id === id)).toMatchObject({ verdict: "fail", code: "appraise.history-missing" });
    }
  });

  test("a floor for other silicon is no floor for this", async () => {
    const floor = { bootloader: 0, tee: 0, snp: 0, microcode: 0 };
    const judgedBy = async (line: "Milan" | "Milan-X" | "Genoa") =>
      checkOf(appraiseWith(await boundReport(), { checks: { reportedTcb: { require: { [line]: floor } } } }), "reported-tcb").verdict;
    expect([await judgedBy("Milan"), await judgedBy("Milan-X"), await judgedBy("Genoa")]).toEqual(["pass", "fail", "fail"]);
  });
});

function plain(value: unknown): JsonObject {
  return parseJson(JSON.stringify(value)) as JsonObject;
}

function without(policy: unknown, field: string): Json {
  const json = plain(policy);
  const { [field]: gone, ...checks } = json["checks"] as JsonObject;
  expect(gone).toBeDefined();
  return { ...json, checks };
}

function having(field: string, demand: Json): Json {
  const json = plain(standardPreset());
  return { ...json, checks: { ...(json["checks"] as JsonObject), [field]: demand } };
}

function faultOf(json: Json): string | undefined {
  const parsed = parsePolicy(json);
  return parsed.ok ? undefined : `${parsed.failure.code}: ${parsed.failure.detail ?? ""}`;
}
