// Is a policy only what it says: every check stated, nothing unknown, nothing empty, nothing skipped?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, parseJson } from "../../core/base/json.ts";
import type { Json, JsonObject } from "../../core/base/json.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { manualPreset, simulatedPreset } from "../../core/appraise/presets.ts";

const measurement = "ab".repeat(48);
const chip = "cd".repeat(64);
/** Everything required, nothing waived. */
const strict: AppraisalPolicy = {
  version: 1,
  checks: {
    products: { require: ["Milan", "Turin"] },
    signers: { require: ["vcek"] },
    reportVersion: { require: { minimum: 3 } },
    vmpl: { require: { maximum: 0 } },
    measurement: { require: [measurement] },
    configuration: { require: true },
    idKeyDigest: { require: [measurement] },
    authorKeyDigest: { require: [measurement] },
    familyId: { require: ["00".repeat(16)] },
    imageId: { require: ["01".repeat(16)] },
    guestSvn: { require: { minimum: 1 } },
    guestPolicy: { require: { allowed: ["smt"], demanded: ["singleSocket"], abiMinimum: "1.55" } },
    platform: { require: { required: ["aliasCheckComplete"], forbidden: ["smtEn"], unknownAllowed: [9] } },
    reportedTcb: { require: { Milan: { bootloader: 4, tee: 0, snp: 24, microcode: 219 } } },
    committedTcb: { require: { Turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 } } },
    currentTcb: { require: { Milan: { bootloader: 4, tee: 0, snp: 24, microcode: 219 } } },
    launchTcb: { require: { Milan: { bootloader: 4, tee: 0, snp: 24, microcode: 219 } } },
    firmware: { require: { current: "1.55.29", committed: "1.55.29" } },
    mitigations: { require: { launch: "0xb", current: "0x0" } },
    chipId: { require: [chip] },
    provisionalFirmware: { require: true },
    revocation: { require: true },
  },
  release: "automatic",
  freshnessSeconds: 120,
  approvalSeconds: 900,
  secondLaunch: "wait",
};
const presets: readonly (readonly [string, AppraisalPolicy])[] = [
  ["strict", strict],
  ["manual", manualPreset()],
  ["manual with a measurement and a chip", manualPreset({ measurements: [measurement], chipIds: [chip] })],
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
  ["measurement", ["00".repeat(48)]],
  ["measurement", [measurement.toUpperCase()]],
  ["measurement", [measurement.slice(2)]],
  ["measurement", [measurement, measurement]],
  ["measurement", Array.from({ length: 257 }, (_, index) => index.toString(16).padStart(96, "1"))],
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
  ["firmware", { current: "1.55", committed: "1.55.0" }],
  ["mitigations", { launch: "0x00", current: "0x0" }],
  ["mitigations", { launch: "0x10000000000000000", current: "0x0" }],
  ["mitigations", { launch: "3", current: "0x0" }],
  ["provisionalFirmware", false],
  ["revocation", false],
])("%s cannot be %j", (name, value) => {
  expect(codeOf({ ...manual, checks: { ...manual.checks, [name]: { require: value } } })).toBe("appraise.policy-malformed");
});

test.each<[keyof AppraisalPolicy, Json]>([
  ["version", 2],
  ["release", "sometimes"],
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

const manual = manualPreset();

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
