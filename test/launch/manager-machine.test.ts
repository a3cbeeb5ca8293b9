// What does the manager-side machine do in every state with every event? The whole table, and then what must hold over any sequence.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failure, failureTable } from "../../core/base/failure.ts";
import type { FailureCode } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { FrameReader } from "../../core/launch/codec.ts";
import { decodeManagerMessage } from "../../core/launch/decode.ts";
import { openManagerSession, stepManager } from "../../core/launch/manager-machine.ts";
import type { ManagerEffect, ManagerEvent, ManagerState, ManagerStep } from "../../core/launch/manager-machine.ts";
import type { ManagerMessage } from "../../core/launch/messages.ts";
import { addToTranscript, openTranscript, releaseInfo, reportData } from "../../core/launch/transcript.ts";
import { encodeFrame } from "../../core/launch/codec.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { bytes, evidence, hello, launchId, outcome, release, until } from "./kit.ts";

const exporter = bytes(32);
const nonce = bytes(32);
const why = failure("launch.peer-gone", "cancelled by the test");
const frame = (message: typeof hello | typeof evidence | typeof outcome): ManagerEvent => ({
  on: "frame",
  message,
  body: encodeFrame(message).body,
});

const events = {
  hello: frame(hello),
  evidence: frame(evidence),
  outcome: frame(outcome),
  misread: { on: "misread", failure: failure("launch.message-shape") },
  gone: { on: "peer-gone" },
  cancelled: { on: "cancelled", failure: why },
  admitted: { on: "admitted", launch: launchId, nonce, heartbeatSeconds: 15 },
  "turned-away": { on: "turned-away", failure: why, retryAfterSeconds: 7 },
  collateral: { on: "collateral-wanted", until },
  "judged-release": { on: "judged", judgement: { verdict: "release" } },
  "judged-renew": { on: "judged", judgement: { verdict: "renew", nonce } },
  "judged-refuse": { on: "judged", judgement: { verdict: "refuse", failure: why } },
  "judged-person": { on: "judged", judgement: { verdict: "person", until, waitMs: 60_000, freshMs: 1000 } },
  approved: { on: "approved", nonce },
  denied: { on: "denied", failure: why },
  committed: { on: "committed" },
  "commit-failed": { on: "commit-failed", failure: why },
  sealed: { on: "sealed", disks: release.disks },
  "seal-failed": { on: "seal-failed", failure: why },
  "late-hello": { on: "deadline", name: "hello" },
  "late-evidence": { on: "deadline", name: "evidence" },
  "late-wait": { on: "deadline", name: "wait" },
  freshness: { on: "deadline", name: "freshness" },
  heartbeat: { on: "deadline", name: "heartbeat" },
  "late-outcome": { on: "deadline", name: "outcome" },
} as const satisfies Record<string, ManagerEvent>;
type EventName = keyof typeof events;

const run = (...names: readonly EventName[]): ManagerStep =>
  names.reduce((step, name) => stepManager(step.state, events[name], nodePrimitives), openManagerSession(exporter, nodePrimitives));

/** How each state is reached. */
const paths = {
  hello: [],
  admission: ["hello"],
  "admission, over": ["hello", "gone"],
  evidence: ["hello", "admitted"],
  judgement: ["hello", "admitted", "evidence"],
  collateral: ["hello", "admitted", "evidence", "collateral"],
  person: ["hello", "admitted", "evidence", "judged-person"],
  "person, stale": ["hello", "admitted", "evidence", "judged-person", "freshness"],
  "release-commit": ["hello", "admitted", "evidence", "judged-release"],
  "release-commit, over": ["hello", "admitted", "evidence", "judged-release", "gone"],
  sealing: ["hello", "admitted", "evidence", "judged-release", "committed"],
  outcome: ["hello", "admitted", "evidence", "judged-release", "committed", "sealed"],
  "outcome-commit": ["hello", "admitted", "evidence", "judged-release", "committed", "sealed", "outcome"],
  "outcome-commit, unsealed": ["hello", "admitted", "evidence", "judged-release", "committed", "seal-failed"],
  "outcome-commit, over": ["hello", "admitted", "evidence", "judged-release", "committed", "sealed", "outcome", "gone"],
  "refusal-commit": ["hello", "admitted", "evidence", "judged-refuse"],
  "refusal-commit, over": ["hello", "admitted", "evidence", "judged-refuse", "gone"],
  nothing: ["gone"],
} as const satisfies Record<string, readonly EventName[]>;
type StateName = keyof typeof paths;

const sent = ({ frame: bytesOnWire }: ManagerEffect & { readonly do: "send" }): ManagerMessage =>
  must(decodeManagerMessage(must(new FrameReader().push(bytesOnWire))[0] ?? new Uint8Array(0)));

/** One word an effect; deadlines are left out but for their own test. */
const words = (effects: readonly ManagerEffect[]): string =>
  effects
    .filter((effect) => effect.do !== "set-deadline" && effect.do !== "clear-deadline")
    .map((effect) => {
      if (effect.do === "send") {
        const message = sent(effect);
        return message.type === "refused" ? `refused:${message.code}` : message.type;
      }
      return "failure" in effect && effect.failure !== undefined && effect.failure !== why
        ? `${effect.do}(${effect.failure.code})`
        : effect.do;
    })
    .join(" ");

type Row = Partial<Record<EventName, string>>;
const before = (code: FailureCode, peer: string): string => `nothing: abandon(${code}) refused:${peer} close`;
const turn = before("launch.out-of-turn", "malformed");
const lost: Row = {
  misread: before("launch.message-shape", "malformed"),
  gone: before("launch.peer-gone", "try-later"),
  cancelled: "nothing: abandon refused:try-later close",
};
const owed = (state: string): Row =>
  Object.fromEntries(
    (["hello", "evidence", "outcome", "misread", "gone", "cancelled", "late-wait"] as const).map((name) => [name, `${state}: close`]),
  );
const unknown = (code: FailureCode, peer: string): string => `nothing: commit-delivery-unknown(${code}) refused:${peer} close`;
const released: Row = {
  hello: unknown("launch.out-of-turn", "malformed"),
  evidence: unknown("launch.out-of-turn", "malformed"),
  misread: unknown("launch.message-shape", "malformed"),
  gone: unknown("launch.peer-gone", "try-later"),
  cancelled: "nothing: commit-delivery-unknown refused:try-later close",
};
const judged: Row = {
  "judged-release": "release-commit: commit-release",
  "judged-renew": "evidence: challenge",
  "judged-refuse": "refusal-commit: commit-refusal",
  "judged-person": "person: pending",
  collateral: "judgement: pending",
  "late-wait": before("launch.judgement-late", "try-later"),
};
const asked: Row = {
  denied: "refusal-commit: commit-refusal",
  "late-wait": "refusal-commit: commit-refusal(launch.approval-late)",
  heartbeat: "person: pending",
};
const outOfTurn: Row = { hello: turn, evidence: turn, outcome: turn };

/** Every pair that is not here stays as it is and asks for nothing. */
const table: Readonly<Record<StateName, Row>> = {
  hello: { ...lost, ...outOfTurn, hello: "admission: admit", "late-hello": before("launch.hello-late", "malformed") },
  admission: { ...owed("admission"), admitted: "evidence: challenge", "turned-away": "nothing: refused:try-later close" },
  "admission, over": { admitted: "nothing: abandon(launch.peer-gone)", "turned-away": "nothing: " },
  evidence: { ...lost, ...outOfTurn, evidence: "judgement: judge", "late-evidence": before("launch.evidence-late", "try-later") },
  judgement: { ...lost, ...outOfTurn, ...judged },
  collateral: { ...lost, ...outOfTurn, ...judged, heartbeat: "judgement: pending" },
  person: { ...lost, ...outOfTurn, ...asked, approved: "release-commit: commit-release", freshness: "person: " },
  "person, stale": { ...lost, ...outOfTurn, ...asked, approved: "evidence: challenge", freshness: "person: " },
  "release-commit": { ...owed("release-commit"), committed: "sealing: seal", "commit-failed": "nothing: refused:try-later close" },
  "release-commit, over": { committed: "nothing: commit-delivery-unknown(launch.peer-gone)", "commit-failed": "nothing: " },
  sealing: {
    ...released,
    outcome: unknown("launch.out-of-turn", "malformed"),
    sealed: "outcome: release",
    "seal-failed": "outcome-commit: commit-outcome",
    "late-wait": "outcome-commit: commit-outcome(launch.seal-late)",
  },
  outcome: { ...released, outcome: "outcome-commit: commit-outcome", "late-outcome": unknown("launch.outcome-late", "try-later") },
  "outcome-commit": { ...owed("outcome-commit"), committed: "nothing: recorded close", "commit-failed": "nothing: close" },
  "outcome-commit, unsealed": {
    ...owed("outcome-commit"),
    committed: "nothing: refused:try-later close",
    "commit-failed": "nothing: close",
  },
  "outcome-commit, over": { committed: "nothing: ", "commit-failed": "nothing: " },
  "refusal-commit": {
    ...owed("refusal-commit"),
    committed: "nothing: refused:try-later close",
    "commit-failed": "nothing: refused:try-later close",
  },
  "refusal-commit, over": { committed: "nothing: ", "commit-failed": "nothing: " },
  nothing: {},
};

describe.each(Object.keys(paths) as StateName[])("waiting for %s", (stateName) => {
  test.each(Object.keys(events) as EventName[])("%s", (eventName) => {
    const { state } = run(...paths[stateName]);
    const next = stepManager(state, events[eventName], nodePrimitives);
    const expected = table[stateName][eventName];
    if (expected === undefined) expect(next).toEqual({ state, effects: [] });
    else expect(`${next.state.waitsFor}: ${words(next.effects)}`).toBe(expected);
  });
});

describe("a launch", () => {
  test("judges over the transcript up to the challenge, and seals over the one up to the evidence", () => {
    const challenge = run("hello", "admitted").effects.find((effect) => effect.do === "send");
    const judge = run("hello", "admitted", "evidence").effects.find((effect) => effect.do === "judge");
    const t1 = addToTranscript(openTranscript(exporter, nodePrimitives), "agent", encodeFrame(hello).body, nodePrimitives);
    const t2 = addToTranscript(t1, "manager", challenge?.frame.subarray(4) ?? new Uint8Array(0), nodePrimitives);
    const t3 = addToTranscript(t2, "agent", encodeFrame(evidence).body, nodePrimitives);
    expect(judge?.reportData).toEqual(reportData(t2, evidence.sealingKey.key, nodePrimitives));
    expect(judge?.transcript).toEqual(t3);
    expect(judge?.hpkeInfo).toEqual(releaseInfo(t3));
    expect(judge?.renewed).toBe(false);
  });

  test("pending frames stay out of the transcript", () => {
    const judgeOf = (...names: readonly EventName[]): Uint8Array | undefined =>
      run(...names).effects.find((effect) => effect.do === "judge")?.transcript;
    const renewed = judgeOf("hello", "admitted", "evidence", "judged-renew", "evidence");
    expect(judgeOf("hello", "admitted", "evidence", "collateral", "heartbeat", "heartbeat", "judged-renew", "evidence")).toEqual(renewed);
  });

  test("a re-challenge after an approval is judged as one, and a person who is asked again approves again", () => {
    const again = ["hello", "admitted", "evidence", "judged-person", "freshness", "approved", "evidence"] as const;
    expect(run(...again).effects.find((effect) => effect.do === "judge")?.renewed).toBe(true);
    const other = run(...again, "judged-person", "freshness", "approved", "evidence", "judged-renew", "evidence");
    expect(other.effects.find((effect) => effect.do === "judge")?.renewed).toBe(true);
    const asked2 = run(...again, "judged-person");
    expect(asked2.state).toMatchObject({ attesting: { approved: false } });
  });

  test("is challenged a bounded number of times", () => {
    const rounds = Array.from({ length: 7 }, () => ["judged-renew", "evidence"] as const).flat();
    const last = run("hello", "admitted", "evidence", ...rounds, "judged-renew");
    expect(`${last.state.waitsFor}: ${words(last.effects)}`).toBe(before("launch.too-many-challenges", "try-later"));
    expect(run("hello", "admitted", "evidence", ...rounds.slice(2), "judged-renew").state.waitsFor).toBe("evidence");
  });

  test.each([
    ["one too few", [{ disk: "root", opened: true }]],
    [
      "another one",
      [
        { disk: "root", opened: true },
        { disk: "swap", opened: true },
      ],
    ],
    ["one too many", [...outcome.disks, { disk: "swap", opened: true }]],
  ])("an outcome that names %s counts as unknown delivery", (_name, disks) => {
    const { state } = run(...paths.outcome);
    const next = stepManager(state, { on: "frame", message: { ...outcome, disks }, body: new Uint8Array(1) }, nodePrimitives);
    expect(`${next.state.waitsFor}: ${words(next.effects)}`).toBe(unknown("launch.outcome-disks", "malformed"));
  });

  test("every wait has a deadline, and it is the first thing set when the wait begins", () => {
    const deadlines: Partial<Record<StateName, string>> = {
      hello: "hello",
      admission: "wait",
      evidence: "evidence",
      judgement: "wait",
      person: "wait",
      "release-commit": "wait",
      sealing: "wait",
      outcome: "outcome",
      "outcome-commit": "wait",
      "refusal-commit": "wait",
    };
    for (const [name, deadline] of Object.entries(deadlines)) {
      const { effects } = run(...paths[name as StateName]);
      expect(effects, name).toContainEqual(expect.objectContaining({ do: "set-deadline", name: deadline }));
    }
  });

  test("a heartbeat is set again by each pending frame, with the interval of the challenge", () => {
    const { effects } = run(...paths.person, "heartbeat");
    expect(effects).toContainEqual({ do: "set-deadline", name: "heartbeat", ms: 15_000 });
  });
});

describe("what the peer learns", () => {
  test.each(Object.keys(failureTable) as FailureCode[])("%s gives a coarse code; untrusted and refused look the same", (code) => {
    const refusal = run("hello", "admitted", "evidence");
    const denied = stepManager(
      refusal.state,
      { on: "judged", judgement: { verdict: "refuse", failure: failure(code, "why") } },
      nodePrimitives,
    );
    const told = stepManager(denied.state, { on: "committed" }, nodePrimitives).effects.find((effect) => effect.do === "send");
    const message = told === undefined ? undefined : sent(told);
    expect(message?.type).toBe("refused");
    expect(Object.keys(message ?? {}).sort()).toEqual(["code", "type"]);
    const { family } = failureTable[code];
    if (family === "untrusted" || family === "refused") expect(message).toMatchObject({ code: "not-accepted" });
  });

  test("a peer that is turned away learns when to come back", () => {
    const told = run("hello", "turned-away").effects.find((effect) => effect.do === "send");
    expect(told === undefined ? undefined : sent(told)).toEqual({ type: "refused", code: "try-later", retryAfter: 7 });
  });
});

test("over any sequence of events: no seal before a durable release, never two, nothing after the end, and never a throw", () => {
  const anyEvent = fc.constantFrom(...(Object.keys(events) as EventName[]));
  // Long random walks rarely get far, so they start from anywhere on the way.
  const start = fc.constantFrom(...(Object.keys(paths) as StateName[]));
  fc.assert(
    fc.property(start, fc.array(anyEvent, { maxLength: 40 }), (from, tail) => {
      let step: ManagerStep = openManagerSession(exporter, nodePrimitives);
      let [durable, seals, releases] = [false, 0, 0];
      let previous: ManagerState = step.state;
      for (const name of [...paths[from], ...tail]) {
        previous = step.state;
        step = stepManager(previous, events[name], nodePrimitives);
        if (previous.waitsFor === "release-commit" && name === "committed") durable = true;
        for (const effect of step.effects) {
          if (effect.do === "seal") {
            seals++;
            expect(durable).toBe(true);
          }
          if (effect.do === "send" && sent(effect).type === "release") releases++;
        }
        if (previous.waitsFor === "nothing") expect(step.effects).toEqual([]);
        const order = step.effects.map(({ do: word }) => word);
        const [record, tell] = [order.findIndex((word) => word.startsWith("commit") || word === "abandon"), order.indexOf("send")];
        if (record !== -1 && tell !== -1) expect(record).toBeLessThan(tell);
      }
      expect(seals).toBeLessThanOrEqual(1);
      expect(releases).toBeLessThanOrEqual(seals);
    }),
    { numRuns: 3000 },
  );
});
