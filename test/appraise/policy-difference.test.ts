// Does a difference say what the checks do? Each field's change in each direction, and as a property: what is not said to be looser refuses no less.
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { policyDifference } from "../../core/appraise/policy-difference.ts";
import { checkReference } from "../../core/appraise/check-reference.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../core/appraise/policy.ts";
import { standardPreset, simulatedPreset } from "../../core/appraise/presets.ts";
import type { BoundReport } from "../../core/appraise/verify.ts";
import { toHex } from "../../core/base/bytes.ts";
import type { Json } from "../../core/base/json.ts";
import { withinTimes } from "../../core/release/release-times.ts";
import { anyValueOf, policyFields, withField } from "../kit/any-policy.ts";
import { fullPolicy } from "../kit/policies.ts";
import type { PolicyField } from "../../core/appraise/policy-reference.ts";
import { appraiseWith, boundReport } from "./kit.ts";

const [a, b] = ["ab".repeat(48), "cd".repeat(48)];
const [chipA, chipB] = ["ab".repeat(64), "cd".repeat(64)];
const [idA, idB] = ["ab".repeat(16), "cd".repeat(16)];
const floor = { bootloader: 4, tee: 1, snp: 24, microcode: 219 };
const mornings = { open: [{ days: ["mon"], from: "06:00", until: "12:00" }], outside: "manual" } as const;
const rule = { id: "svn", expression: "report.guestSvn > 0", sentence: "The image has a security version." };
const lists = { products: ["Milan", "Turin"], signers: ["vcek", "vlek"] } as const;

/** For each field two or more demands, each stricter than the one before. */
const ladders: { readonly [field in keyof PolicyChecks]: readonly PolicyChecks[field][] } = {
  products: [{ require: lists.products }, { require: ["Milan"] }],
  signers: [{ require: lists.signers }, { require: ["vcek"] }],
  reportVersion: [{ require: { minimum: 2 } }, { require: { minimum: 3 } }, { require: { minimum: 5 } }],
  vmpl: [{ require: { maximum: 3 } }, { require: { maximum: 1 } }, { require: { maximum: 0 } }],
  measurement: [{ require: [named(b), named(a)] }, { require: [named(a)] }],
  configuration: [{ require: true }],
  idKeyDigest: [{ require: [a, b] }, { require: [b] }],
  authorKeyDigest: [{ require: [a, b] }, { require: [b] }],
  familyId: [{ require: [idA, idB] }, { require: [idA] }],
  imageId: [{ require: [idA, idB] }, { require: [idB] }],
  guestSvn: [{ require: { minimum: 0 } }, { require: { minimum: 1 } }, { require: { minimum: 10 } }],
  guestPolicy: [
    { require: { allowed: ["smt", "debug"], demanded: [], abiMinimum: "0.0" } },
    { require: { allowed: ["smt"], demanded: [], abiMinimum: "0.0" } },
    { require: { allowed: ["smt"], demanded: ["singleSocket"], abiMinimum: "0.0" } },
    { require: { allowed: ["smt"], demanded: ["singleSocket"], abiMinimum: "1.9" } },
    { require: { allowed: ["smt"], demanded: ["singleSocket"], abiMinimum: "1.55" } },
  ],
  platform: [
    { require: { required: [], forbidden: [], unknownAllowed: [8, 9] } },
    { require: { required: [], forbidden: [], unknownAllowed: [9] } },
    { require: { required: ["aliasCheckComplete"], forbidden: [], unknownAllowed: [9] } },
    { require: { required: ["aliasCheckComplete"], forbidden: ["smtEn"], unknownAllowed: [9] } },
  ],
  ...tcbLadders([
    { require: { Milan: floor, Turin: { ...floor, fmc: 0 } } },
    { require: { Milan: floor, Turin: { ...floor, fmc: 1 } } },
    { require: { Milan: floor } },
    { require: { Milan: { ...floor, tee: 2 } } },
    { require: { Milan: { ...floor, tee: 2, microcode: 220 } } },
  ]),
  firmware: [
    { require: { Milan: { current: "1.9.200", committed: "1.9.0" }, Genoa: { current: "0.0.0", committed: "0.0.0" } } },
    { require: { Milan: { current: "1.9.200", committed: "1.9.0" } } },
    { require: { Milan: { current: "1.55.0", committed: "1.9.0" } } },
    { require: { Milan: { current: "1.55.0", committed: "1.9.1" } } },
  ],
  mitigations: [
    { require: { Milan: { launch: "0x0", current: "0x0" } } },
    { require: { Milan: { launch: "0x1", current: "0x0" } } },
    { require: { Milan: { launch: "0x1", current: "0x8000000000000000" } } },
  ],
  chipId: [{ require: [chipA, chipB] }, { require: [chipB] }],
  provisionalFirmware: [{ require: true }],
  revocation: [{ require: { graceHours: 24 } }, { require: { graceHours: 1 } }, { require: { graceHours: 0 } }],
  collateralAge: [{ require: { maximumDays: 60 } }, { require: { maximumDays: 59 } }],
  knownChip: [{ require: true }],
  tcbHistory: [{ require: true }],
  freshInstance: [{ require: true }],
  otherInstance: [{ require: { minutes: 9 } }, { require: { minutes: 10 } }],
};

const names = Object.keys(ladders).filter((name): name is keyof PolicyChecks => name in checkReference);
const start = standardPreset();

test.each(names)("%s: each step up is stricter, each step down looser, and none is nothing", (field) => {
  const steps = ladders[field].map((demand) => policyWith({ [field]: demand }));
  for (const [index, step] of steps.entries()) {
    expect(policyDifference(step, step)).toEqual([]);
    const next = steps[index + 1];
    if (next === undefined) continue;
    expect(said(step, next)).toEqual([[field, "stricter"]]);
    expect(said(next, step)).toEqual([[field, "looser"]]);
  }
});

test.each(names.filter((name) => name !== "configuration"))("%s: waived is looser and says why, required again is stricter", (field) => {
  const [required, waived] = [policyWith({ [field]: ladders[field][0] }), policyWith({ [field]: { waived: "because" } })];
  expect(policyDifference(required, waived)).toMatchObject([
    { field, direction: "looser", waiver: "because", sentence: "Waived now: because" },
  ]);
  expect(policyDifference(waived, required)).toMatchObject([{ field, direction: "stricter" }]);
  expect(policyDifference(waived, policyWith({ [field]: { waived: "another" } }))).toMatchObject([
    { direction: "changed", waiver: "another" },
  ]);
});

test.each<[Partial<AppraisalPolicy>, Partial<AppraisalPolicy>, string, string]>([
  [{ release: "manual" }, { release: "first-launch-manual" }, "looser", "stricter"],
  [{ release: "first-launch-manual" }, { release: "automatic" }, "looser", "stricter"],
  [{ releaseTimes: mornings }, { releaseTimes: "any" }, "looser", "stricter"],
  [{ releaseTimes: mornings }, { releaseTimes: { ...mornings, outside: "refuse" } }, "stricter", "looser"],
  [{ failedOpensMaximum: 3 }, { failedOpensMaximum: 4 }, "looser", "stricter"],
  [{ rules: [rule] }, { rules: [] }, "looser", "stricter"],
  [{ freshnessSeconds: 120 }, { freshnessSeconds: 121 }, "looser", "stricter"],
  [{ approvalSeconds: 900 }, { approvalSeconds: 901 }, "looser", "stricter"],
  [{ secondLaunch: "wait" }, { secondLaunch: "replace" }, "changed", "changed"],
])("from %j to %j", (before, after, forth, back) => {
  const [first, second] = [
    { ...start, ...before },
    { ...start, ...after },
  ];
  const [field] = Object.keys(before);
  expect(said(first, second)).toEqual([[field, forth]]);
  expect(said(second, first)).toEqual([[field, back]]);
});

test("a list that was exchanged says both, and its order says nothing", () => {
  expect(said(policyWith({ measurement: { require: [named(a)] } }), policyWith({ measurement: { require: [named(b)] } }))).toEqual([
    ["measurement", "looser"],
    ["measurement", "stricter"],
  ]);
  expect(
    said(policyWith({ measurement: { require: [named(a), named(b)] } }), policyWith({ measurement: { require: [named(b), named(a)] } })),
  ).toEqual([]);
});

test.each(policyFields)(
  "%s: whatever its two values, a difference is said exactly where there is one, and the other way round it is the opposite",
  (field) => {
    const opposite = { stricter: "looser", looser: "stricter", changed: "changed" } as const;
    const base: AppraisalPolicy = { ...fullPolicy, release: "manual" };
    fc.assert(
      fc.property(anyValueOf(field), anyValueOf(field), (one, other) => {
        const [before, after] = [withField(base, field, one), withField(base, field, other)];
        const [there, back] = [policyDifference(before, after), policyDifference(after, before)];
        expect([policyDifference(before, before), there.every((change) => change.field === field && change.sentence !== "")]).toEqual([
          [],
          true,
        ]);
        expect(there.map(({ direction }) => opposite[direction]).toSorted()).toEqual(back.map(({ direction }) => direction).toSorted());
        expect([one, other, there.length === 0]).toEqual([one, other, meaningOf(field, one) === meaningOf(field, other)]);
      }),
    );
  },
);

/** The same text for values that demand the same: lists have no order, and times are the minutes that they open. */
function meaningOf(field: PolicyField, value: Json): string {
  if (field !== "releaseTimes") return JSON.stringify(ordered(value));
  const { releaseTimes } = withField({ ...fullPolicy, release: "manual" }, field, value);
  const minutes = Array.from({ length: 7 * 1440 }, (_, minute) => withinTimes(releaseTimes, minute * 60_000));
  return minutes.every(Boolean) ? "any" : JSON.stringify([minutes.map(Number).join(""), releaseTimes === "any" || releaseTimes.outside]);
}

function ordered(value: Json): Json {
  if (isJsonList(value)) return value.map(ordered).toSorted((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([x], [y]) => (x < y ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)]),
  );
}

function isJsonList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

let reports: readonly BoundReport[] = [];
beforeAll(async () => {
  reports = await Promise.all([boundReport(), boundReport({ product: "Turin" }), boundReport({ request: { vmpl: 1 } })]);
});

test("a check that refused still refuses, unless its field is said to be looser", () => {
  const own = toHex(reports[0]?.report.measurement ?? new Uint8Array());
  const more = (name: string): readonly unknown[] => [
    ...(name === "configuration" ? [] : [{ waived: "because" }]),
    ...(name === "measurement" ? [{ require: [named(own)] }, { require: [named(own), named(a)] }] : []),
  ];
  const someChecks = fc.record<Record<string, unknown>>(
    Object.fromEntries(names.map((name) => [name, fc.constantFrom<unknown>(...ladders[name], ...more(name))])),
  );
  fc.assert(
    fc.property(someChecks, someChecks, fc.nat(reports.length - 1), (before, after, index) => {
      const report = reports[index];
      if (report === undefined) return;
      const [old, now] = [policyWith(before), policyWith(after)];
      const loosened = new Set(policyDifference(old, now).flatMap(({ field, direction }) => (direction === "looser" ? [field] : [])));
      const refusedNow = new Set(failing(report, now));
      const passesNow = failing(report, old).filter((id) => !refusedNow.has(id));
      for (const id of passesNow)
        expect([id, names.some((name) => loosened.has(name) && checkReference[name].checks.includes(id))]).toEqual([id, true]);
    }),
  );
});

function failing(report: BoundReport, policy: AppraisalPolicy): readonly string[] {
  return appraiseWith(report, { policy }).checks.flatMap(({ id, verdict }) => (verdict === "fail" ? [id] : []));
}

function policyWith(checks: Partial<PolicyChecks>): AppraisalPolicy {
  return { ...simulatedPreset(), checks: { ...simulatedPreset().checks, ...checks } };
}

function said(before: AppraisalPolicy, after: AppraisalPolicy): readonly (readonly string[])[] {
  return policyDifference(before, after).map(({ field, direction }) => [field, direction]);
}

type TcbName = "reportedTcb" | "committedTcb" | "currentTcb" | "launchTcb";
function tcbLadders(ladder: readonly PolicyChecks[TcbName][]): Record<TcbName, readonly PolicyChecks[TcbName][]> {
  return { reportedTcb: ladder, committedTcb: ladder, currentTcb: ladder, launchTcb: ladder };
}

function named(digest: string): { readonly digest: string; readonly label: string } {
  return { digest, label: "an image" };
}
