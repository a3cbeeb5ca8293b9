// The fields that rule what happens with a result: asked of decide(), of the rules in CEL and, for times, of a whole manager.
import type { Answer, Fact, Listed, Ordered, Row, Rows } from "./rows.ts";
import { checkOf, appraiseWith, boundReport } from "../kit.ts";
import { parsePolicy } from "../../../core/appraise/policy-parser.ts";
import { simulatedPreset } from "../../../core/appraise/presets.ts";
import type { AppraisalPolicy } from "../../../core/appraise/policy.ts";
import type { PolicyRuling } from "../../../core/appraise/ruling-reference.ts";
import { weekdays } from "../../../core/appraise/policy-demands.ts";
import type { ReleaseTimes, Weekday } from "../../../core/appraise/policy-demands.ts";
import { decide } from "../../../core/release/decide.ts";
import type { Decision, ReleaseQuestion } from "../../../core/release/decide.ts";
import { approve } from "../../../core/release/approval.ts";
import { withPin } from "../../../core/release/pins.ts";
import { must } from "../../../core/base/result.ts";
import { makeWorld, sent } from "../../kit/world.ts";
import type { Connection, World } from "../../kit/world.ts";
import type { VmRecord } from "../../../core/manager/records.ts";

function passes(ask: () => Promise<Answer>): Row {
  return { passes: true, ask };
}

function fails(ask: () => Promise<Answer>): Row {
  return { passes: false, ask };
}

function versionRows(): Ordered {
  const read = (version: number) => async (): Promise<Answer> => {
    const parsed = parsePolicy({ ...simulatedPreset(), version });
    return Promise.resolve({ passes: parsed.ok, ...(parsed.ok ? {} : { code: parsed.failure.code }) });
  };
  return { below: fails(read(0)), at: passes(read(1)), above: fails(read(2)) };
}

const good = { id: "r", expression: "report.guestSvn == 0", sentence: "The image has no security version." };
const bad = { id: "s", expression: "report.guestSvn > 0", sentence: "The image has a security version." };

function appraised(rules: AppraisalPolicy["rules"]) {
  return async (): Promise<Answer> => {
    const result = appraiseWith(await boundReport(), { policy: { ...simulatedPreset(), rules } });
    const failed = rules.map(({ id }) => checkOf(result, `rule.${id}`)).find(({ verdict }) => verdict === "fail");
    return { passes: result.verdict === "accepted", code: failed?.code };
  };
}

function ruleRows(): Fact {
  return { holds: passes(appraised([good])), "does not hold": fails(appraised([bad])) };
}

function severalRules(): Fact {
  return { holds: passes(appraised([good, { ...good, id: "t" }])), "does not hold": fails(appraised([good, bad])) };
}

/** On a VCEK there is no provider. */
function ruleErrorRows(): Fact {
  const rule = { ...good, expression: "provider == 'x' || true" };
  return { holds: passes(appraised([rule])), "does not hold": fails(appraised([{ ...rule, expression: "provider != 'x'" }])) };
}

/** Of an accepted result, on Tuesday, 24 November 2026, 12:00. */
async function decided(
  policy: Partial<AppraisalPolicy>,
  { approved = false, pinned = false, accepted = true, failedOpens = 0, at = noon } = {},
): Promise<Decision> {
  const result = appraiseWith(await boundReport(), accepted ? {} : { configurationDigest: new Uint8Array(32) });
  const question: ReleaseQuestion = {
    result,
    vm: {
      enabled: true,
      simulated: true,
      configurationCurrent: true,
      policyCurrent: true,
      failedOpens,
      policy: { ...simulatedPreset(), ...policy },
      pins: pinned ? withPin([], result.identity, "launch", at) : [],
      ahead: [],
    },
    approval: approved ? must(approve(result.evidenceDigest, "mine", result, at)) : undefined,
    liveLaunches: 1,
    at,
  };
  return decide(question);
}

type Asked = Parameters<typeof decided>;

/** Whether the key may go now. */
function goes(...asked: Asked) {
  return async (): Promise<Answer> => {
    const decision = await decided(...asked);
    return { passes: decision.verdict === "release", ...(decision.verdict === "refuse" ? { code: decision.failure.code } : {}) };
  };
}

function manualRows(): Fact {
  const policy = { release: "manual" } as const;
  return { holds: passes(goes(policy, { approved: true })), "does not hold": fails(goes(policy, { pinned: true })) };
}

function pinnedRows(): Fact {
  const policy = { release: "first-launch-manual" } as const;
  return { holds: passes(goes(policy, { pinned: true })), "does not hold": fails(goes(policy)) };
}

function automaticRows(): Fact {
  const policy = { release: "automatic" } as const;
  return { holds: passes(goes(policy)), "does not hold": fails(goes(policy, { accepted: false, approved: true })) };
}

const minute = 60_000;
const noon = Date.UTC(2026, 10, 24, 12);
const midnight = noon + 12 * 60 * minute;

function open(days: readonly Weekday[], from: string, until: string, outside: "manual" | "refuse" = "refuse"): Partial<AppraisalPolicy> {
  const releaseTimes: ReleaseTimes = { open: [{ days, from, until }], outside };
  return { release: "automatic", releaseTimes };
}

function fromRows(): Ordered {
  const policy = open(["tue"], "12:00", "13:00");
  return {
    below: fails(goes(policy, { at: noon - 1 })),
    at: passes(goes(policy, { at: noon })),
    above: passes(goes(policy, { at: noon + minute })),
  };
}

/** Not included. */
function untilRows(): Ordered {
  const policy = open(["tue"], "11:00", "12:00");
  return {
    below: passes(goes(policy, { at: noon - 1 })),
    at: fails(goes(policy, { at: noon })),
    above: fails(goes(policy, { at: noon + 1 })),
  };
}

function midnightRows(): Ordered {
  const policy = open(["tue"], "12:00", "24:00");
  return {
    below: passes(goes(policy, { at: midnight - 1 })),
    at: fails(goes(policy, { at: midnight })),
    above: fails(goes(policy, { at: midnight + 1 })),
  };
}

function dayRows(day: Weekday): Listed {
  // The 23rd is a Monday.
  const at = Date.UTC(2026, 10, 23 + weekdays.indexOf(day), 12);
  const others = weekdays.filter((one) => one !== day);
  return {
    "in the list": passes(goes(open([day], "00:00", "24:00"), { at })),
    "not in the list": fails(goes(open(others, "00:00", "24:00"), { at })),
  };
}

/** Whoever approves is there: times bind what nobody approves. */
function outsideRows(outside: "manual" | "refuse"): Fact {
  const policy = open(["mon"], "00:00", "24:00", outside);
  return { holds: passes(goes(policy, { approved: true })), "does not hold": fails(goes(policy)) };
}

function failedOpensRows(): Ordered {
  const of = (failedOpens: number) => goes({ release: "automatic", failedOpensMaximum: 3 }, { failedOpens });
  return { below: passes(of(2)), at: fails(of(3)), above: fails(of(4)) };
}

async function launched(policy: Partial<AppraisalPolicy>): Promise<{ world: World; vm: VmRecord; connection: Connection }> {
  const world = await makeWorld();
  const vm = await world.enrol({}, (record) => ({ ...record, policy: { ...record.policy, release: "manual", ...policy } }));
  const connection = world.connect(vm);
  await world.run();
  return { world, vm, connection };
}

async function wait(world: World, seconds: number): Promise<void> {
  // In steps, so that nobody's link is late for another reason.
  for (let left = seconds; left > 0; left -= 10) {
    world.time.advance(Math.min(left, 10) * 1000);
    await world.run();
  }
}

/** Evidence that is too old when the person says yes is asked for again before the key goes. */
function freshnessRows(): Ordered {
  const after = (seconds: number) => async (): Promise<Answer> => {
    const { world, connection } = await launched({ freshnessSeconds: 60, approvalSeconds: 900 });
    await wait(world, seconds);
    await world.answer(connection);
    await world.run();
    const challenges = connection.link.said.filter(({ type }) => type === "challenge").length;
    if (world.launchOf(connection).state !== "opened") throw new Error("the launch did not come to its end");
    return { passes: challenges === 1 };
  };
  return { below: passes(after(59)), at: fails(after(60)), above: fails(after(61)) };
}

function approvalRows(): Ordered {
  const after = (seconds: number) => async (): Promise<Answer> => {
    const { world, connection } = await launched({ approvalSeconds: 60 });
    await wait(world, seconds);
    const answer = await world.answer(connection);
    return answer.ok ? { passes: true } : { passes: false, code: answer.failure.code };
  };
  return { below: passes(after(59)), at: fails(after(60)), above: fails(after(61)) };
}

/** Whether the second launch goes on, after what was done with the first. */
function second(secondLaunch: AppraisalPolicy["secondLaunch"], first: (world: World, connection: Connection) => Promise<unknown>) {
  return async (): Promise<Answer> => {
    const { world, vm, connection } = await launched({ secondLaunch });
    await first(world, connection);
    const other = world.connect(vm);
    other.link.deliverToManager();
    await world.quiet();
    const busy = other.link.said.some((message) => message.type === "refused" && message.code === "busy");
    return { passes: !busy && sent(other.link, "challenge") };
  };
}

const left = (): Promise<void> => Promise.resolve();

async function denied(world: World, connection: Connection): Promise<void> {
  await world.answer(connection, "deny");
  await world.run();
}

/** Committed, and on its way. */
async function underWay(world: World, connection: Connection): Promise<void> {
  await world.decide(connection);
  await world.quiet();
}

function waitRows(): Fact {
  return { holds: passes(second("wait", denied)), "does not hold": fails(second("wait", left)) };
}

function replaceRows(): Fact {
  return { holds: passes(second("replace", left)), "does not hold": fails(second("replace", underWay)) };
}

export const rulingRows: Rows<PolicyRuling> = {
  version: { "1": versionRows() },
  rules: { "a rule": ruleRows(), "one of several": severalRules(), "can be evaluated": ruleErrorRows() },
  release: { manual: manualRows(), "first-launch-manual": pinnedRows(), automatic: automaticRows() },
  releaseTimes: {
    from: fromRows(),
    until: untilRows(),
    "until 24:00": midnightRows(),
    ...Object.fromEntries(weekdays.map((day) => [day, dayRows(day)])),
    "outside: manual": outsideRows("manual"),
    "outside: refuse": outsideRows("refuse"),
  },
  failedOpensMaximum: { "failed opens": failedOpensRows() },
  freshnessSeconds: { "seconds since the challenge": freshnessRows() },
  approvalSeconds: { "seconds of waiting": approvalRows() },
  secondLaunch: { wait: waitRows(), replace: replaceRows() },
};
