// Is a policy only what it says: every check stated, nothing unknown, nothing empty, nothing skipped?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, parseJson } from "../../core/base/json.ts";
import type { Json, JsonObject } from "../../core/base/json.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { fullPolicy, someChip, someDigest } from "../kit/policies.ts";
import { labPreset, simulatedPreset, standardPreset, strictPreset } from "../../core/appraise/presets.ts";

const measurement = someDigest;
const strict = fullPolicy;
const presets: readonly (readonly [string, AppraisalPolicy])[] = [
  ["everything required", fullPolicy],
  ["strict", strictPreset()],
  ["standard", standardPreset()],
  ["standard with a measurement and a chip", standardPreset({ measurements: [{ digest: someDigest, label: "x" }], chipIds: [someChip] })],
  ["lab", labPreset()],
  ["simulated", simulatedPreset()],
];

test.each(presets)("%s: what is written is read", (_, policy) => {
  expect(parsePolicy(parseJson(canonicalJson(policy)))).toEqual({ ok: true, value: policy });
});

describe.each(presets)("%s", (_, policy) => {
  test("without any one member, at any depth, it is refused", () => {
    const everywhere = paths(policy);
    expect(everywhere.length).toBeGreaterThan(40);
    expect(everywhere.filter((path) => codeOf(without(policy, path)) !== "appraise.policy-malformed")).toEqual([]);
  });

  test("with any unknown member, at any depth, it is refused", () => {
    const extended = [[], ...paths(policy)].map((path) => withMember(policy, path)).filter((json) => json !== undefined);
    expect(extended.length).toBeGreaterThan(10);
    expect(new Set(extended.map(codeOf))).toEqual(new Set(["appraise.policy-malformed"]));
  });

  test("with any value of another kind it is refused", () => {
    for (const path of paths(policy)) {
      // Any text is a reason.
      for (const value of [null, {}, "", -1, 1.5, [null], ...(path.at(-1) === "waived" ? [] : ["0x"])]) {
        expect([path, value, codeOf(replaced(policy, path, value))]).toEqual([path, value, "appraise.policy-malformed"]);
      }
    }
  });
});

test("every check but the configuration can be waived, with a reason that is one", () => {
  for (const name of Object.keys(strict.checks)) {
    const waive = (reason: Json) => codeOf({ ...manual, checks: { ...manual.checks, [name]: { waived: reason } } });
    expect([name, waive("because")]).toEqual([name, name === "configuration" ? "appraise.policy-malformed" : "read"]);
    for (const reason of ["", "  \t\n", null, true, "x".repeat(501)])
      expect([name, waive(reason)]).toEqual([name, "appraise.policy-malformed"]);
    const both = { ...manual, checks: { ...manual.checks, [name]: { require: true, waived: "because" } } };
    expect([name, codeOf(both)]).toEqual([name, "appraise.policy-malformed"]);
  }
});

test("automatic release needs a measurement", () => {
  const waived = { ...strict, checks: { ...strict.checks, measurement: { waived: "first launch by hand" } } };
  expect(codeOf(waived)).toBe("appraise.policy-malformed");
  expect(codeOf({ ...waived, release: "manual" })).toBe("read");
});

test.each<[keyof AppraisalPolicy["checks"], Json]>([
  ["products", []],
  ["products", ["Venice"]],
  ["products", ["Milan", "Milan"]],
  ["signers", ["none"]],
  ["reportVersion", { minimum: 6 }],
  ["vmpl", { maximum: 4 }],
  ["measurement", []],
  ["measurement", [measurement]],
  ["measurement", [{ digest: measurement }]],
  ["measurement", [{ digest: measurement, label: "" }]],
  ["measurement", [{ digest: measurement, label: " x" }]],
  ["measurement", [{ digest: measurement, label: "two\nlines" }]],
  ["measurement", [{ digest: measurement, label: "x".repeat(101) }]],
  ["measurement", [{ digest: "00".repeat(48), label: "x" }]],
  ["measurement", [{ digest: measurement.toUpperCase(), label: "x" }]],
  ["measurement", [{ digest: measurement.slice(2), label: "x" }]],
  [
    "measurement",
    [
      { digest: measurement, label: "x" },
      { digest: measurement, label: "y" },
    ],
  ],
  ["measurement", Array.from({ length: 257 }, (_, index) => ({ digest: index.toString(16).padStart(96, "1"), label: "x" }))],
  ["idKeyDigest", ["00".repeat(48)]],
  ["authorKeyDigest", ["00".repeat(48)]],
  ["chipId", ["00".repeat(64)]],
  ["familyId", ["00".repeat(15)]],
  ["guestSvn", { minimum: 2 ** 32 }],
  ["guestPolicy", { allowed: ["singleSocket"], demanded: [], abiMinimum: "0.0" }],
  ["guestPolicy", { allowed: [], demanded: ["debug"], abiMinimum: "0.0" }],
  ["guestPolicy", { allowed: [], demanded: [], abiMinimum: "1.256" }],
  ["guestPolicy", { allowed: [], demanded: [], abiMinimum: "1.55.1" }],
  ["guestPolicy", { allowed: [], demanded: [], abiMinimum: "01.5" }],
  ["platform", { required: ["smtEn"], forbidden: ["smtEn"], unknownAllowed: [] }],
  ["platform", { required: [], forbidden: [], unknownAllowed: [7] }],
  ["platform", { required: [], forbidden: [], unknownAllowed: [64] }],
  ["reportedTcb", {}],
  ["reportedTcb", { Milan: { fmc: 1, bootloader: 0, tee: 0, snp: 0, microcode: 0 } }],
  ["reportedTcb", { Turin: { bootloader: 0, tee: 0, snp: 0, microcode: 0 } }],
  ["reportedTcb", { Milan: { bootloader: 256, tee: 0, snp: 0, microcode: 0 } }],
  ["reportedTcb", { "Turin-Dense": { bootloader: 0, tee: 0, snp: 0, microcode: 0 } }],
  ["reportedTcb", { Venice: { bootloader: 0, tee: 0, snp: 0, microcode: 0 } }],
  ["firmware", { current: "1.55.0", committed: "1.55.0" }],
  ["firmware", { Milan: { current: "1.55", committed: "1.55.0" } }],
  ["mitigations", {}],
  ["mitigations", { Milan: { launch: "0x00", current: "0x0" } }],
  ["mitigations", { Milan: { launch: "0x10000000000000000", current: "0x0" } }],
  ["mitigations", { Milan: { launch: "3", current: "0x0" } }],
  ["provisionalFirmware", false],
  ["revocation", true],
  ["revocation", { graceHours: -1 }],
  ["revocation", { graceHours: 721 }],
  ["collateralAge", { maximumDays: 0 }],
  ["collateralAge", { maximumDays: 367 }],
  ["knownChip", false],
  ["tcbHistory", false],
  ["freshInstance", false],
  ["otherInstance", { minutes: 0 }],
  ["otherInstance", { minutes: 525_601 }],
])("%s cannot be %j", (name, value) => {
  expect(codeOf({ ...manual, checks: { ...manual.checks, [name]: { require: value } } })).toBe("appraise.policy-malformed");
});

test.each<[keyof AppraisalPolicy, Json]>([
  ["version", 2],
  ["release", "sometimes"],
  ["releaseTimes", "never"],
  ["releaseTimes", { open: [], outside: "manual" }],
  ["releaseTimes", { open: [{ days: [], from: "06:00", until: "07:00" }], outside: "manual" }],
  ["releaseTimes", { open: [{ days: ["monday"], from: "06:00", until: "07:00" }], outside: "manual" }],
  ["releaseTimes", { open: [{ days: ["mon"], from: "07:00", until: "07:00" }], outside: "manual" }],
  ["releaseTimes", { open: [{ days: ["mon"], from: "7:00", until: "08:00" }], outside: "manual" }],
  ["releaseTimes", { open: [{ days: ["mon"], from: "07:00", until: "24:01" }], outside: "manual" }],
  ["releaseTimes", { open: [{ days: ["mon"], from: "07:00", until: "08:00" }], outside: "any" }],
  ["failedOpensMaximum", 0],
  ["failedOpensMaximum", 101],
  ["rules", [{ id: "Upper", expression: "true", sentence: "x" }]],
  ["rules", [{ id: "a", expression: "", sentence: "x" }]],
  ["rules", [{ id: "a", expression: "true", sentence: "" }]],
  [
    "rules",
    [
      { id: "a", expression: "true", sentence: "x" },
      { id: "a", expression: "false", sentence: "x" },
    ],
  ],
  ["freshnessSeconds", 9],
  ["freshnessSeconds", 3601],
  ["approvalSeconds", 29],
  ["approvalSeconds", 86_401],
  ["secondLaunch", "both"],
])("%s cannot be %j", (name, value) => {
  expect(codeOf({ ...manual, [name]: value })).toBe("appraise.policy-malformed");
});

test("whatever the JSON: read or refused, never a throw", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(["read", "appraise.policy-malformed"]).toContain(codeOf(JSON.parse(text) as Json));
    }),
  );
});

test("a member named __proto__ is an unknown member", () => {
  expect(codeOf(parseJson(canonicalJson(strict).replace('"version":1', '"__proto__":{},"version":1')))).toBe("appraise.policy-malformed");
});

const manual = standardPreset();

function codeOf(json: Json): string {
  const policy = parsePolicy(json);
  return policy.ok ? "read" : policy.failure.code;
}

type Path = readonly string[];

/** Every member of every object; lists are values. */
function paths(json: Json, at: Path = []): Path[] {
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([name, value]) => [[...at, name], ...paths(value, [...at, name])]);
}

function replaced(json: Json, [name, ...rest]: Path, value: Json | undefined): Json {
  if (name === undefined || !isObject(json)) return value ?? null;
  const { [name]: old = null, ...others } = json;
  if (rest.length === 0 && value === undefined) return others;
  return { ...others, [name]: replaced(old, rest, value) };
}

function without(json: Json, path: Path): Json {
  return replaced(json, path, undefined);
}

function withMember(json: Json, path: Path): Json | undefined {
  const target = path.reduce<Json>((value, name) => (isObject(value) ? (value[name] ?? null) : null), json);
  return isObject(target) ? replaced(json, path, { ...target, surprise: 1 }) : undefined;
}

function isObject(json: Json): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}
