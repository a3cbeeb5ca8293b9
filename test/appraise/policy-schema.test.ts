// Do the published schema and the parser say yes and no to the same documents? Over policies with everything required, with everything waived, and each
// with one value anywhere taken away, added or exchanged.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { policySchema } from "../../core/appraise/policy-schema.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { simulatedPreset, standardPreset, strictPreset } from "../../core/appraise/presets.ts";
import { fullPolicy } from "../kit/policies.ts";
import type { Json, JsonObject } from "../../core/base/json.ts";

const published = z.fromJSONSchema({ ...policySchema });
const bySchema = (json: Json): boolean => published.safeParse(json).success;
const byParser = (json: Json): boolean => parsePolicy(json).ok;

const floor = { bootloader: 4, tee: 0, snp: 24, microcode: 219 };
const manual = standardPreset();
const full: JsonObject = fullPolicy;
const { configuration } = manual.checks;
const waived = { ...Object.fromEntries(Object.keys(manual.checks).map((name) => [name, { waived: "because" }])), configuration };
const policies: readonly JsonObject[] = [full, manual, strictPreset(), simulatedPreset(), { ...manual, checks: waived }];
const numbers = [0, -1, 1, 1.5, 4, 6, 9, 10, 64, 255, 256, 3_601, 4_294_967_296];
const words = ["", " ", "x", "Milan", "vlek", "smt", "smtEn", "wait", "manual", "y".repeat(500), "y".repeat(501)];
const forms = ["0x", "0x0", "0x00", "0xf", "1.55", "1.256", "01.5", "1.2.3", "1.2.3.4"];
const hexes = ["ab".repeat(48), "AB".repeat(48), "00".repeat(48), "00".repeat(16), "00".repeat(64), `${"ab".repeat(48)}\n`];
const demands = [
  { require: true },
  { require: [] },
  { waived: "" },
  { waived: "because" },
  { require: true, waived: "because" },
  { Milan: floor },
];
const lists = [[], [null], ["x"], ["Milan", "Milan"], ["vcek"], [9, 9], [8], ["debug", "smt"]];
const odd: readonly Json[] = [null, true, false, {}, ...numbers, ...words, ...forms, ...hexes, ...demands, ...lists];

test("policies as they are", () => {
  for (const policy of policies) expect([bySchema(policy), byParser(policy)]).toEqual([true, true]);
});

test("without any one member or element, and with any other one", () => {
  for (const policy of policies) {
    for (const path of paths(policy)) {
      expectAgreement(changedAt(policy, path, undefined));
      const here = path.reduce<Json | undefined>(memberOf, policy);
      if (here !== null && typeof here === "object" && !isList(here)) expectAgreement(changedAt(policy, path, { ...here, surprise: 1 }));
    }
  }
});

test("with any other value anywhere", () => {
  const mutations = policies.flatMap((policy) => paths(policy).map((path) => ({ policy, path })));
  fc.assert(
    fc.property(fc.constantFrom(...mutations), fc.oneof(fc.constantFrom(...odd), fc.jsonValue()), ({ policy, path }, value) => {
      expectAgreement(changedAt(policy, path, value as Json));
    }),
    { numRuns: 2000 },
  );
});

test("the rules that are the parser's alone", () => {
  const torn = changedAt(full, ["checks", "platform", "require", "forbidden"], ["aliasCheckComplete"]);
  const blind = changedAt(full, ["checks", "measurement"], { waived: "because" });
  for (const policy of [torn, blind]) expect([bySchema(policy), byParser(policy)]).toEqual([true, false]);
});

function expectAgreement(json: Json): void {
  const parsed = parsePolicy(json);
  const detail = parsed.ok ? "" : (parsed.failure.detail ?? "");
  if (/^automatic release needs|both requires and forbids|ends before it begins|names a value twice|is no rule/.test(detail)) return;
  expect([bySchema(json), JSON.stringify(json)]).toEqual([parsed.ok, JSON.stringify(json)]);
}

type Path = readonly (string | number)[];

function paths(json: Json, at: Path = []): Path[] {
  if (json === null || typeof json !== "object") return [];
  const members: readonly (readonly [string | number, Json])[] = isList(json) ? [...json.entries()] : Object.entries(json);
  return members.flatMap(([name, value]) => [[...at, name], ...paths(value, [...at, name])]);
}

function memberOf(json: Json | undefined, name: string | number): Json | undefined {
  if (json === null || typeof json !== "object") return undefined;
  return isList(json) ? json[Number(name)] : json[name];
}

/** @param value undefined takes it away. */
function changedAt(json: Json, [name, ...rest]: Path, value: Json | undefined): Json {
  if (name === undefined || json === null || typeof json !== "object") return value ?? null;
  const inner = rest.length === 0 ? value : changedAt(memberOf(json, name) ?? null, rest, value);
  if (isList(json)) return json.flatMap((old, index) => (index !== name ? [old] : inner === undefined ? [] : [inner]));
  const { [name]: _, ...others } = json;
  return inner === undefined ? others : { ...others, [name]: inner };
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
