// Does every field of a policy have its rows, below, at and above, in the list and not, set and clear; and does each come out as it says?
import { expect, test } from "vitest";
import { checkReference } from "../../core/appraise/check-reference.ts";
import { policyReference, type PolicyField } from "../../core/appraise/policy-reference.ts";
import { policySchema } from "../../core/appraise/policy-schema.ts";
import { platformBitNames, releaseRules } from "../../core/appraise/policy-demands.ts";
import { siliconLines } from "../../core/snp/silicon.ts";
import { tcbComponents } from "../../core/snp/tcb.ts";
import type { JsonObject } from "../../core/base/json.ts";
import { fullPolicy } from "../kit/policies.ts";
import { hostRows } from "./fields/host-rows.ts";
import { identityRows } from "./fields/identity-rows.ts";
import { positions } from "./fields/rows.ts";
import type { Row, Rows } from "./fields/rows.ts";
import { rulingRows } from "./fields/ruling-rows.ts";
import { timeRows } from "./fields/time-rows.ts";

const table: Rows<PolicyField> = { ...identityRows, ...hostRows, ...timeRows, ...rulingRows };

interface Listed {
  readonly field: string;
  readonly part: string;
  readonly position: string;
  readonly row: Row;
}

const parts = Object.entries(table).flatMap(([field, of]) => Object.entries(of).map(([part, rows]) => ({ field, part, rows })));
const listed: readonly Listed[] = parts.flatMap(({ field, part, rows }) =>
  Object.entries<Row>({ ...rows }).map(([position, row]) => ({ field, part, position, row })),
);

test("every field of the type, of the schema, of the reference and of a policy has rows, and nothing else has", () => {
  const { checks, ...rulings } = fullPolicy;
  const fields = Object.keys(table).toSorted();
  expect(fields).toEqual([...Object.keys(checks), ...Object.keys(rulings)].toSorted());
  expect(fields).toEqual(Object.keys(policyReference).toSorted());
  const { checks: inSchema, ...besides } = membersOf(policySchema);
  expect(fields).toEqual([...Object.keys(membersOf(inSchema)), ...Object.keys(besides)].toSorted());
});

test("every part of a field has every position, and one that passes and one that does not", () => {
  for (const { field, part, rows } of parts) {
    const own = Object.keys(rows).toSorted();
    expect([field, part, positions.some((all) => all.toSorted().join() === own.join())]).toEqual([field, part, true]);
    expect([field, part, new Set(Object.values<Row>({ ...rows }).map(({ passes }) => passes)).size]).toEqual([field, part, 2]);
  }
  expect(Object.values(table).every((of) => Object.keys(of).length > 0)).toBe(true);
});

test("every leaf of a demand's schema is a part: lines, components, bits, days, rules", () => {
  const lines = (names: readonly string[]): readonly string[] => siliconLines.flatMap((line) => names.map((name) => `${line} ${name}`));
  const tcb = lines(tcbComponents).filter((name) => name.startsWith("Turin") || !name.endsWith(" fmc"));
  for (const field of ["reportedTcb", "committedTcb", "currentTcb", "launchTcb"] as const)
    expect(Object.keys(table[field]).toSorted()).toEqual(tcb.toSorted());
  expect(Object.keys(table.firmware)).toEqual(expect.arrayContaining([...lines(["current build", "committed build"])]));
  expect(Object.keys(table.mitigations)).toEqual(expect.arrayContaining([...lines(["launch", "current"])]));
  const bits = platformBitNames.flatMap((name) => [`${name} required`, `${name} forbidden`]);
  expect(Object.keys(table.platform)).toEqual(expect.arrayContaining(bits));
  expect(Object.keys(table.guestPolicy)).toEqual(
    expect.arrayContaining(valuesIn(membersOf(membersOf(policySchema)["checks"])["guestPolicy"])),
  );
  expect(Object.keys(table.products)).toEqual(valuesIn(membersOf(membersOf(policySchema)["checks"])["products"]));
  expect(Object.keys(table.signers)).toEqual(valuesIn(membersOf(membersOf(policySchema)["checks"])["signers"]));
  expect(Object.keys(table.releaseTimes)).toEqual(expect.arrayContaining(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]));
  expect(Object.keys(table.release)).toEqual([...releaseRules]);
  expect(Object.keys(table.secondLaunch)).toEqual(valuesIn(membersOf(policySchema)["secondLaunch"]));
});

test.each(listed)("$field, $part: $position", async ({ field, row }) => {
  const { passes, code } = await row.ask();
  expect([passes, passes && code !== undefined]).toEqual([row.passes, false]);
  // A check says why by one of the codes that its page names.
  const known = new Map(Object.entries(checkReference)).get(field)?.codes;
  if (!passes && known !== undefined) expect(known).toContain(code);
});

function membersOf(schema: unknown): JsonObject {
  const properties = schema !== null && typeof schema === "object" && "properties" in schema ? schema.properties : undefined;
  if (properties === null || typeof properties !== "object") throw new Error("not the schema of an object");
  return properties as JsonObject;
}

/** Every word that a list or a choice in this schema may have. */
function valuesIn(schema: unknown): string[] {
  if (schema === null || typeof schema !== "object") return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) =>
    name === "enum" && Array.isArray(value) ? value.map(String) : valuesIn(value),
  );
}
