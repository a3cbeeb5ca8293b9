// What changed from one policy to another, in words: what became stricter, what looser, what was waived and why. Each field has its comparison, and
// the types make sure that none is missing. It judges neither policy.
import { siliconLines } from "../snp/silicon.ts";
import { tcbComponents } from "../snp/tcb.ts";
import { releaseRules, weekdays } from "./policy-demands.ts";
import type { GuestPolicyDemand, PerLine, PlatformDemand, ReferenceValue, ReleaseRule, ReleaseTimes, TcbFloor } from "./policy-demands.ts";
import type { AppraisalPolicy, PolicyChecks } from "./policy.ts";
import { versionNumbers, type Demand } from "./policy-reader.ts";
import { policyReference, type PolicyField } from "./policy-reference.ts";
import type { CustomRule } from "./rules/rule.ts";

export interface PolicyChange {
  readonly field: PolicyField;
  readonly title: string;
  /** "changed" is neither: another reason, or another of two ways that are as strict. */
  readonly direction: "stricter" | "looser" | "changed";
  readonly sentence: string;
  /** The owner's reason, where the demand is waived now. */
  readonly waiver?: string;
}

/** Empty exactly where both demand the same; the order of a list does not count. */
export function policyDifference(before: AppraisalPolicy, after: AppraisalPolicy): readonly PolicyChange[] {
  return fields.flatMap((field) => {
    const { title } = policyReference[field];
    return comparisons[field](before, after).map((change) => ({ field, title, ...change }));
  });
}

type Change = Omit<PolicyChange, "field" | "title">;
type Compare<T> = (before: T, after: T) => readonly Change[];

function ofCheck<T>(demandOf: (checks: PolicyChecks) => Demand<T>, compare: Compare<T>): Compare<AppraisalPolicy> {
  return (before, after) => {
    const [old, now] = [demandOf(before.checks), demandOf(after.checks)];
    if ("require" in old && "require" in now) return compare(old.require, now.require);
    if ("require" in now) return "waived" in old ? [stricter(`Required now; it was waived: ${old.waived}`)] : [];
    if ("require" in old) return [{ ...looser(`Waived now: ${now.waived}`), waiver: now.waived }];
    if (old.waived === now.waived) return [];
    return [{ ...changed(`Still waived, for another reason: ${now.waived}`), waiver: now.waived }];
  };
}

const listed: Compare<readonly string[]> = (before, after) =>
  members(before, after, "Accepted now", looser, "No longer accepted", stricter);

function members<T>(
  before: readonly T[],
  after: readonly T[],
  added: string,
  whenAdded: (sentence: string) => Change,
  removed: string,
  whenRemoved: (sentence: string) => Change,
): readonly Change[] {
  const [more, less] = [after.filter((value) => !before.includes(value)), before.filter((value) => !after.includes(value))];
  return [
    ...(more.length === 0 ? [] : [whenAdded(`${added}: ${more.join(", ")}`)]),
    ...(less.length === 0 ? [] : [whenRemoved(`${removed}: ${less.join(", ")}`)]),
  ];
}

/** For floors of any kind: a higher one is stricter. */
function raised(name: string, before: string | number, after: string | number): readonly Change[] {
  const direction = compareVersions(String(before), String(after));
  if (direction === 0) return [];
  return direction < 0 ? [stricter(`${name} raised from ${before} to ${after}`)] : [looser(`${name} lowered from ${before} to ${after}`)];
}

/** For limits: a lower one is stricter. */
function limited(name: string, before: number, after: number): readonly Change[] {
  if (before === after) return [];
  return before < after ? [looser(`${name} raised from ${before} to ${after}`)] : [stricter(`${name} lowered from ${before} to ${after}`)];
}

/** Numbers with dots between, the first counting most; below 0 where `before` is the lower. */
function compareVersions(before: string, after: string): number {
  const numbers = versionNumbers(after);
  return (
    versionNumbers(before)
      .map((number, index) => number - (numbers[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  );
}

function masked(name: string, before: string, after: string): readonly Change[] {
  const [old, now] = [BigInt(before), BigInt(after)];
  const [more, less] = [now & ~old, old & ~now];
  return [
    ...(more === 0n ? [] : [stricter(`${name}: 0x${more.toString(16)} demanded now`)]),
    ...(less === 0n ? [] : [looser(`${name}: 0x${less.toString(16)} no longer demanded`)]),
  ];
}

const guestPolicy: Compare<GuestPolicyDemand> = (before, after) => [
  ...members(before.allowed, after.allowed, "May be allowed now", looser, "May no longer be allowed", stricter),
  ...members(before.demanded, after.demanded, "Demanded now", stricter, "No longer demanded", looser),
  ...raised("Least ABI", before.abiMinimum, after.abiMinimum),
];

const platform: Compare<PlatformDemand> = (before, after) => [
  ...members(before.required, after.required, "Must be set now", stricter, "Need no longer be set", looser),
  ...members(before.forbidden, after.forbidden, "Must be clear now", stricter, "Need no longer be clear", looser),
  ...members(
    before.unknownAllowed,
    after.unknownAllowed,
    "Unknown bits tolerated now",
    looser,
    "Unknown bits no longer tolerated",
    stricter,
  ),
];

function perLine<T>(compare: (line: string, before: T, after: T) => readonly Change[]): Compare<PerLine<T>> {
  return (before, after) =>
    siliconLines.flatMap((line) => {
      const [old, now] = [before[line], after[line]];
      if (old === undefined && now === undefined) return [];
      if (old === undefined) return [looser(`${line} is accepted now, and was refused`)];
      if (now === undefined) return [stricter(`${line} is not named any more, and so is refused`)];
      return compare(line, old, now);
    });
}

const floors = perLine<TcbFloor>((line, before, after) =>
  tcbComponents.flatMap((component) => raised(`${line} ${component}`, before[component] ?? 0, after[component] ?? 0)),
);

/** A label is for people: another one for the same digest changes nothing that is judged. */
const references: Compare<readonly ReferenceValue[]> = (before, after) => {
  const named = ({ label, digest }: ReferenceValue): string => `${digest} (${label})`;
  const lacks = (list: readonly ReferenceValue[], { digest }: ReferenceValue): boolean => list.every((one) => one.digest !== digest);
  const [more, less] = [after.filter((value) => lacks(before, value)), before.filter((value) => lacks(after, value))];
  const renamed = after.filter((value) => before.some(({ digest, label }) => digest === value.digest && label !== value.label));
  return [
    ...(more.length === 0 ? [] : [looser(`Accepted now: ${more.map(named).join(", ")}`)]),
    ...(less.length === 0 ? [] : [stricter(`No longer accepted: ${less.map(named).join(", ")}`)]),
    ...(renamed.length === 0 ? [] : [changed(`Named otherwise: ${renamed.map(named).join(", ")}`)]),
  ];
};

/** By the minutes of the week that are open: however they are written, more of them is looser. */
const releaseTimes: Compare<ReleaseTimes> = (before, after) => {
  if (timesText(before) === timesText(after)) return [];
  const [old, now] = [openMinutes(before), openMinutes(after)];
  const sentence = `Without a person, ${timesText(after)}; it was ${timesText(before)}`;
  return [
    ...(isWithin(now, old) ? [] : [looser(sentence)]),
    ...(isWithin(old, now) ? [] : [stricter(sentence)]),
    ...(before === "any" || after === "any" || before.outside === after.outside ? [] : [outside[after.outside]]),
  ];
};

function isWithin(some: ReadonlySet<number>, all: ReadonlySet<number>): boolean {
  return [...some].every((minute) => all.has(minute));
}

/** Counted from Monday's first. */
function openMinutes(times: ReleaseTimes): ReadonlySet<number> {
  if (times === "any") return new Set(Array.from({ length: weekdays.length * minutesOfDay }, (_, index) => index));
  const open = times.open.flatMap(({ days, from, until }) =>
    days.flatMap((day) => {
      const [start, end] = [minuteOf(from), minuteOf(until)];
      return Array.from({ length: end - start }, (_, index) => weekdays.indexOf(day) * minutesOfDay + start + index);
    }),
  );
  return new Set(open);
}

/** "HH:MM"; the parser has made sure of the form. */
function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function timesText(times: ReleaseTimes): string {
  if (times === "any") return "at any time";
  const open = times.open.map(({ days, from, until }) => `${days.join(" ")} ${from}–${until} UTC`).join("; ");
  return `only ${open}, and outside ${times.outside === "manual" ? "a person is asked" : "the launch is refused"}`;
}

const same: Compare<true> = () => [];
const minimum: Compare<{ readonly minimum: number }> = (before, after) => raised("Minimum", before.minimum, after.minimum);

const comparisons: { readonly [field in PolicyField]: Compare<AppraisalPolicy> } = {
  products: ofCheck((checks) => checks.products, listed),
  signers: ofCheck((checks) => checks.signers, listed),
  reportVersion: ofCheck((checks) => checks.reportVersion, minimum),
  vmpl: ofCheck(
    (checks) => checks.vmpl,
    (before, after) => limited("Maximum", before.maximum, after.maximum),
  ),
  measurement: ofCheck((checks) => checks.measurement, references),
  configuration: ofCheck<true>((checks) => checks.configuration, same),
  idKeyDigest: ofCheck((checks) => checks.idKeyDigest, listed),
  authorKeyDigest: ofCheck((checks) => checks.authorKeyDigest, listed),
  familyId: ofCheck((checks) => checks.familyId, listed),
  imageId: ofCheck((checks) => checks.imageId, listed),
  guestSvn: ofCheck((checks) => checks.guestSvn, minimum),
  guestPolicy: ofCheck((checks) => checks.guestPolicy, guestPolicy),
  platform: ofCheck((checks) => checks.platform, platform),
  reportedTcb: ofCheck((checks) => checks.reportedTcb, floors),
  committedTcb: ofCheck((checks) => checks.committedTcb, floors),
  currentTcb: ofCheck((checks) => checks.currentTcb, floors),
  launchTcb: ofCheck((checks) => checks.launchTcb, floors),
  firmware: ofCheck(
    (checks) => checks.firmware,
    perLine((line, before, after) => [
      ...raised(`${line}, running firmware`, before.current, after.current),
      ...raised(`${line}, committed firmware`, before.committed, after.committed),
    ]),
  ),
  mitigations: ofCheck(
    (checks) => checks.mitigations,
    perLine((line, before, after) => [
      ...masked(`${line}, at the launch`, before.launch, after.launch),
      ...masked(`${line}, now`, before.current, after.current),
    ]),
  ),
  chipId: ofCheck((checks) => checks.chipId, listed),
  provisionalFirmware: ofCheck<true>((checks) => checks.provisionalFirmware, same),
  revocation: ofCheck(
    (checks) => checks.revocation,
    (before, after) => limited("Hours of grace", before.graceHours, after.graceHours),
  ),
  collateralAge: ofCheck(
    (checks) => checks.collateralAge,
    (before, after) => limited("Days", before.maximumDays, after.maximumDays),
  ),
  knownChip: ofCheck<true>((checks) => checks.knownChip, same),
  tcbHistory: ofCheck<true>((checks) => checks.tcbHistory, same),
  freshInstance: ofCheck<true>((checks) => checks.freshInstance, same),
  otherInstance: ofCheck(
    (checks) => checks.otherInstance,
    (before, after) => raised("Minutes", before.minutes, after.minutes),
  ),
  version: () => [],
  rules: ({ rules: before }, { rules: after }) => {
    const text = ({ id, expression }: CustomRule): string => `${id} (${expression})`;
    const reworded = after.filter((rule) => before.some((old) => text(old) === text(rule) && old.sentence !== rule.sentence));
    return [
      ...members(before.map(text), after.map(text), "Demanded now", stricter, "No longer demanded", looser),
      ...(reworded.length === 0 ? [] : [changed(`Said otherwise: ${reworded.map(({ id, sentence }) => `${id}: ${sentence}`).join(", ")}`)]),
    ];
  },
  release: ({ release: before }, { release: after }) => {
    const step = releaseRules.indexOf(after) - releaseRules.indexOf(before);
    return step === 0 ? [] : [step > 0 ? looser(releaseSentences[after]) : stricter(releaseSentences[after])];
  },
  releaseTimes: (before, after) => releaseTimes(before.releaseTimes, after.releaseTimes),
  failedOpensMaximum: (before, after) => limited("Failed opens", before.failedOpensMaximum, after.failedOpensMaximum),
  freshnessSeconds: (before, after) => limited("Seconds", before.freshnessSeconds, after.freshnessSeconds),
  approvalSeconds: (before, after) => limited("Seconds", before.approvalSeconds, after.approvalSeconds),
  secondLaunch: ({ secondLaunch: before }, { secondLaunch: after }) => {
    if (before === after) return [];
    return [changed(after === "replace" ? "It replaces a pending one now" : "It waits for the pending one now")];
  },
};

const releaseSentences: { readonly [rule in ReleaseRule]: string } = {
  manual: "A person approves every launch now",
  "first-launch-manual": "A person approves what is new; what matches an approved launch goes by itself",
  automatic: "Nobody approves a launch any more",
};

const outside: { readonly [what in "manual" | "refuse"]: Change } = {
  manual: looser("Outside these times a person is asked now; the launch was refused"),
  refuse: stricter("Outside these times the launch is refused now; a person was asked"),
};
const minutesOfDay = 1440;

const fields = Object.keys(comparisons).filter((name): name is PolicyField => Object.hasOwn(policyReference, name));

function stricter(sentence: string): Change {
  return { direction: "stricter", sentence };
}

function looser(sentence: string): Change {
  return { direction: "looser", sentence };
}

function changed(sentence: string): Change {
  return { direction: "changed", sentence };
}
