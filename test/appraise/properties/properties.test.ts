// What holds for every policy and every report: nothing that is taken away, no stricter demand and no waiver lets anything through that was refused.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkReference } from "../../../core/appraise/check-reference.ts";
import { policyDifference } from "../../../core/appraise/policy-difference.ts";
import { parsePolicy } from "../../../core/appraise/policy-parser.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../../core/appraise/policy.ts";
import type { PolicyField } from "../../../core/appraise/policy-reference.ts";
import type { Json, JsonObject } from "../../../core/base/json.ts";
import { decide } from "../../../core/release/decide.ts";
import type { Decision } from "../../../core/release/decide.ts";
import { withPin } from "../../../core/release/pins.ts";
import { anyPolicy, anyValueOf, policyFields, withField, withFields } from "../../kit/any-policy.ts";
import type { FieldChange } from "../../kit/any-policy.ts";
import { simulatedInstant } from "../../kit/simulated.ts";
import { accepted, makeMachines, removalNames, resultOf } from "./subject.ts";
import type { Subject } from "./subject.ts";

const machines = await makeMachines();
const checkFields = Object.keys(checkReference).filter((name): name is keyof PolicyChecks => Object.hasOwn(checkReference, name));
const waivable = checkFields.filter((field) => field !== "configuration");
const reason = "because";

/** A report as it is, and in every other respect as it may be. */
const anySubject: fc.Arbitrary<Subject> = fc.constantFrom(...machines).chain((machine) =>
  fc.record<Subject>({
    machine: fc.constant(machine),
    without: fc.constant(undefined),
    crls: fc.constant(true),
    issuers: fc.constant(true),
    product: fc.constant(true),
    certificateTable: fc.constant(true),
    configuration: fc.oneof({ weight: 9, arbitrary: fc.constant("right" as const) }, fc.constant("wrong" as const)),
    history: fc.constantFrom(...machine.histories),
  }),
);

/** A value of any field; what rules the release is looked at apart. */
const anyChange: fc.Arbitrary<FieldChange> = fc
  .constantFrom(...policyFields.filter((field) => field !== "release"))
  .chain((field) => anyValueOf(field).map((value): FieldChange => [field, value]));

/** What the report meets, some of it waived, and at most two fields that may be anything. */
const anyDemands = fc.record({ waived: fc.subarray(waivable), odd: fc.array(anyChange, { maxLength: 2 }) });

function policyFor(
  { machine }: Subject,
  { waived, odd }: { readonly waived: readonly PolicyField[]; readonly odd: readonly FieldChange[] },
) {
  return withFields(machine.met, [...waived.map((field): FieldChange => [field, { waived: reason }]), ...odd]);
}

test.each(machines)("$name meets its own policy, and each waiver of it", (machine) => {
  const subject = { ...whole, machine, history: machine.histories[0] };
  expect(resultOf(subject, machine.met)?.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
});

const whole = { without: undefined, crls: true, issuers: true, product: true, certificateTable: true, configuration: "right" } as const;

describe("what is taken away never turns a refusal into a pass", () => {
  const anyRemoval = fc.record({
    without: fc.option(fc.constantFrom(...removalNames), { nil: undefined }),
    crls: fc.boolean(),
    issuers: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    product: fc.boolean(),
    certificateTable: fc.boolean(),
    history: fc.boolean(),
    configuration: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
  });

  test("of a report, its endorsements, the configuration and the history", () => {
    const seen = { refused: 0, both: 0 };
    fc.assert(
      fc.property(anySubject, anyDemands, anyRemoval, (subject, demands, { history, configuration, ...removal }) => {
        const policy = policyFor(subject, demands);
        const removed: Subject = { ...subject, ...removal };
        const lesser = {
          ...removed,
          configuration: configuration ? removed.configuration : ("empty" as const),
          history: history ? removed.history : undefined,
        };
        const [before, after] = [accepted(subject, policy), accepted(lesser, policy)];
        if (!before) seen.refused++;
        if (before && after) seen.both++;
        if (after) expect([before, failing(subject, policy)]).toEqual([true, []]);
      }),
      { numRuns: 3000 },
    );
    // It says something only where there were both.
    expect([seen.refused > 300, seen.both > 100]).toEqual([true, true]);
  });

  test.each(removalNames)("a report without %s, whatever one field demands", (without) => {
    fc.assert(
      fc.property(anySubject, fc.subarray(waivable), anyChange, (subject, waived, change) => {
        const policy = policyFor(subject, { waived, odd: [change] });
        if (accepted({ ...subject, without }, policy)) expect([accepted(subject, policy), failing(subject, policy)]).toEqual([true, []]);
      }),
      { numRuns: 150 },
    );
  });

  test("of a policy: without any member it is none", () => {
    const removals = fc.tuple(anyPolicy(), fc.nat());
    fc.assert(
      fc.property(removals, ([policy, which]) => {
        const all = members(policy);
        const path = all[which % all.length] ?? [];
        const parsed = parsePolicy(withoutMember(policy, path));
        // One line of silicon of several may go: it is refused from then on, which is stricter.
        if (parsed.ok) expect(policyDifference(policy, parsed.value).map(({ direction }) => direction)).toEqual(["stricter"]);
        else expect(parsed.failure.code).toBe("appraise.policy-malformed");
      }),
      { numRuns: 500 },
    );
  });
});

test("a policy that is only stricter accepts nothing more, and releases nothing more by itself", () => {
  const seen = { stricter: 0, accepted: 0, released: 0 };
  const anyRelease = fc.record({ failedOpens: fc.nat(6), pinned: fc.boolean(), at: fc.integer({ min: 0, max: 7 * 86_400_000 }) });
  const anyLooser = fc.array(
    fc.constantFrom(...policyFields).chain((field) => anyValueOf(field).map((value): FieldChange => [field, value])),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(anySubject, anyDemands, anyLooser, anyRelease, (subject, demands, changes, release) => {
      const after = policyFor(subject, demands);
      const before = changes.reduce((policy, [field, value]) => loosened(policy, field, value), after);
      const difference = policyDifference(before, after);
      if (difference.length === 0) return;
      expect(new Set(difference.map(({ direction }) => direction))).toEqual(new Set(["stricter"]));
      seen.stricter++;
      // Where revocation is waived no list is looked at, and one of some age that is demanded is then missing: such a policy refuses everything.
      if ("waived" in before.checks.revocation && "require" in before.checks.collateralAge) return;
      if (!accepted(subject, after)) return;
      seen.accepted++;
      expect([accepted(subject, before), failing(subject, before)]).toEqual([true, []]);
      if (!byItself(decided(subject, after, release))) return;
      seen.released++;
      expect(byItself(decided(subject, before, release))).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect([seen.stricter > 300, seen.accepted > 100, seen.released > 10]).toEqual([true, true, true]);
});

test("a waiver changes no other check", () => {
  fc.assert(
    fc.property(anySubject, anyDemands, fc.constantFrom(...waivable), (subject, demands, field) => {
      const policy = policyFor(subject, demands);
      const waived = withField(policy, field, { waived: reason });
      const [before, after] = [resultOf(subject, policy), resultOf(subject, waived, policy.checks.revocation)];
      const own = checkReference[field].checks;
      const others = (result: typeof before) => result?.checks.filter(({ id }) => !own.includes(id));
      expect(others(after)).toEqual(others(before));
    }),
    { numRuns: 1000 },
  );
});

test("every check says what was expected, what was found and a sentence; a code exactly where it fails, and one that its page names", () => {
  const owners = new Map(checkFields.flatMap((field) => checkReference[field].checks.map((id) => [id, checkReference[field]] as const)));
  fc.assert(
    fc.property(anySubject, fc.oneof(anyDemands, anyDemands), fc.option(anyPolicy(), { nil: undefined }), (subject, demands, other) => {
      const result = resultOf(subject, other ?? policyFor(subject, demands));
      if (result === undefined) return;
      const { checks } = result;
      expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
      for (const { id, title, expected, actual, sentence, verdict, code, waiver } of checks) {
        expect([id, title, expected, actual, sentence].map((text) => text.length > 0)).toEqual([true, true, true, true, true]);
        expect([id, code !== undefined, waiver !== undefined]).toEqual([id, verdict === "fail", verdict === "waived"]);
        if (code !== undefined && owners.has(id)) expect(owners.get(id)?.codes).toContain(code);
      }
      expect(result.verdict).toBe(checks.some(({ verdict }) => verdict === "fail") ? "refused" : "accepted");
    }),
    { numRuns: 1000 },
  );
});

function failing(subject: Subject, policy: AppraisalPolicy): readonly string[] {
  return resultOf(subject, policy)?.checks.flatMap(({ id, verdict }) => (verdict === "fail" ? [id] : [])) ?? ["not genuine"];
}

/** The policy with this value in the field, where that makes it looser and nothing else; otherwise as it was. */
function loosened(policy: AppraisalPolicy, field: PolicyField, value: Json): AppraisalPolicy {
  // What releases by itself needs a measurement.
  if (field === "release" && value === "automatic" && "waived" in policy.checks.measurement) return policy;
  if (field === "measurement" && policy.release === "automatic") return policy;
  const other = withField(policy, field, value);
  return policyDifference(other, policy).every(({ direction }) => direction === "stricter") ? other : policy;
}

interface Release {
  readonly failedOpens: number;
  readonly pinned: boolean;
  readonly at: number;
}

function decided(subject: Subject, policy: AppraisalPolicy, { failedOpens, pinned, at }: Release): Decision | undefined {
  const result = resultOf(subject, policy);
  if (result === undefined) return undefined;
  const vm = { enabled: true, simulated: true, configurationCurrent: true, policyCurrent: true, failedOpens, policy };
  const pins = pinned ? withPin([], result.identity, "launch", 0) : [];
  return decide({ result, vm: { ...vm, pins, ahead: [] }, approval: undefined, liveLaunches: 1, at: simulatedInstant + at });
}

function byItself(decision: Decision | undefined): boolean {
  return decision?.verdict === "release" && decision.by === "policy";
}

type Path = readonly string[];

function members(json: Json, at: Path = []): Path[] {
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([name, value]) => [[...at, name], ...members(value, [...at, name])]);
}

function withoutMember(json: Json, [name, ...rest]: Path): Json {
  if (name === undefined || !isObject(json)) return json;
  const { [name]: old = null, ...others } = json;
  return rest.length === 0 ? others : { ...others, [name]: withoutMember(old, rest) };
}

function isObject(json: Json): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}
