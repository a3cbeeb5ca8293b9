// What must hold over a whole launch, seen from the manager: transcript, bounds, deadlines, coarse refusals, and any sequence of events.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failure, failureTable } from "../../core/base/failure.ts";
import type { FailureCode } from "../../core/base/failure.ts";
import { encodeFrame } from "../../core/launch/codec.ts";
import { openManagerSession, stepManager } from "../../core/launch/manager-machine.ts";
import type { ManagerState, ManagerStep } from "../../core/launch/manager-machine.ts";
import { addToTranscript, openTranscript, releaseInfo, reportData } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { evidence, hello, outcome } from "./kit.ts";
import { type EventName, type StateName, before, events, exporter, paths, run, sent, unknown, words } from "./manager-script.ts";

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
