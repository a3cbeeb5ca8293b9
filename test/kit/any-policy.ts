// Any policy that there can be, and any value of one of its fields, for properties: made from the published schema, so that a new field is there at once.
// Lists are short; what the parser alone refuses is left out.
import * as fc from "fast-check";
import { checkReference } from "../../core/appraise/check-reference.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { policyReference, type PolicyField } from "../../core/appraise/policy-reference.ts";
import { policySchema } from "../../core/appraise/policy-schema.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../core/appraise/policy.ts";
import type { Json, JsonObject } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { fullPolicy } from "./policies.ts";

export const policyFields = Object.keys(policyReference).filter((name): name is PolicyField => Object.hasOwn(policyReference, name));

export type FieldChange = readonly [field: PolicyField, value: Json];

/** The policy with other values in these fields, the last one where a field stands twice. Throws where that is no policy. */
export function withFields(policy: AppraisalPolicy, changes: readonly FieldChange[]): AppraisalPolicy {
  return must(parsePolicy(changes.reduce<Json>((json, [field, value]) => changed(json, field, value), policy)));
}

export function withField(policy: AppraisalPolicy, field: PolicyField, value: Json): AppraisalPolicy {
  return withFields(policy, [[field, value]]);
}

/** Any value that the field may have in a policy that a person releases. */
export function anyValueOf(field: PolicyField): fc.Arbitrary<Json> {
  const made = values.get(field) ?? makeValueOf(field);
  values.set(field, made);
  return made;
}

/** To make one takes longer than to draw from it. */
const values = new Map<PolicyField, fc.Arbitrary<Json>>();

function makeValueOf(field: PolicyField): fc.Arbitrary<Json> {
  const schema = isPolicyCheck(field) ? memberOf(memberOf(policySchema, "checks"), field) : memberOf(policySchema, field);
  const base: AppraisalPolicy = { ...fullPolicy, release: "manual" };
  return valueOf(schema).filter((value) => parsePolicy(changed(base, field, value)).ok);
}

export function anyPolicy(): fc.Arbitrary<AppraisalPolicy> {
  return fc.record(Object.fromEntries(policyFields.map((field) => [field, anyValueOf(field)]))).map((chosen) => {
    const policy = Object.entries(chosen).reduce<Json>((json, [field, value]) => changed(json, field, value), fullPolicy);
    const parsed = parsePolicy(policy);
    // The one rule between two fields: what releases by itself needs a measurement.
    return parsed.ok ? parsed.value : must(parsePolicy(changed(policy, "release", "manual")));
  });
}

function isPolicyCheck(field: string): field is keyof PolicyChecks {
  return Object.hasOwn(checkReference, field);
}

function changed(json: Json, field: string, value: Json): Json {
  const { checks, ...rulings } = json as JsonObject;
  return isPolicyCheck(field)
    ? { ...rulings, checks: { ...(checks as JsonObject), [field]: value } }
    : { ...rulings, checks: checks ?? null, [field]: value };
}

function memberOf(schema: Json, name: string): Json {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  const member = isObject(properties) ? properties[name] : undefined;
  if (member === undefined) throw new Error(`the schema has no ${name}`);
  return member;
}

/** Of the keywords that policy-schema.ts uses. */
function valueOf(schema: Json): fc.Arbitrary<Json> {
  if (!isObject(schema)) throw new Error("not a schema");
  if (schema["const"] !== undefined) return fc.constant(schema["const"]);
  if (isList(schema["enum"])) return fc.constantFrom(...schema["enum"]);
  if (isList(schema["oneOf"])) return fc.oneof(...schema["oneOf"].map(valueOf));
  if (schema["type"] === "integer") return numberOf(schema);
  if (schema["type"] === "string") return textOf(schema);
  if (schema["type"] === "array") return listOf(schema);
  if (schema["type"] === "object") return objectOf(schema);
  throw new Error(`a schema of no known kind: ${JSON.stringify(schema)}`);
}

function numberOf({ minimum, maximum }: JsonObject): fc.Arbitrary<Json> {
  if (typeof minimum !== "number" || typeof maximum !== "number") throw new Error("a number without limits");
  return fc.oneof(
    fc.constantFrom(minimum, maximum),
    fc.integer({ min: minimum, max: Math.min(maximum, minimum + 4) }),
    fc.integer({ min: minimum, max: maximum }),
  );
}

function textOf({ pattern }: JsonObject): fc.Arbitrary<Json> {
  if (pattern === undefined) return fc.constantFrom(...expressions);
  if (typeof pattern !== "string") throw new Error("a pattern is text");
  if (pattern === "\\S" || pattern.startsWith("^\\S")) return fc.constantFrom("because", "another reason", "x");
  const digits = /\[0-9a-f\]\{(\d+)\}\$$/.exec(pattern)?.[1];
  if (digits !== undefined) return fc.constantFrom("ab", "cd", "01").map((pair) => pair.repeat(Number(digits) / 2));
  return fc.stringMatching(new RegExp(pattern));
}

function listOf({ items, minItems, maxItems }: JsonObject): fc.Arbitrary<Json> {
  const [minLength, most] = [Number(minItems ?? 0), Number(maxItems ?? 0)];
  return fc.uniqueArray(valueOf(items ?? null), { minLength, maxLength: Math.min(most, 3), selector: (value) => JSON.stringify(value) });
}

function objectOf({ properties, required, minProperties }: JsonObject): fc.Arbitrary<Json> {
  if (!isObject(properties) || !isList(required)) throw new Error("an object without members");
  const members = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]));
  const requiredKeys = required.filter((name) => typeof name === "string");
  return fc.record(members, { requiredKeys }).filter((object) => Object.keys(object).length >= Number(minProperties ?? 0));
}

function isObject(json: Json | undefined): json is JsonObject {
  return json !== undefined && json !== null && typeof json === "object" && !Array.isArray(json);
}

function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

/** Rules that a report with more in it holds rather than one with less. */
const expressions = ["report.guestSvn >= 0", "report.guestSvn > 0", "report.version >= 3", "line == 'Milan'", "provider == 'x'"];
