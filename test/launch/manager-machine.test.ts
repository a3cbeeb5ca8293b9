// What does the manager-side machine do in every state with every event? The whole table.
import { describe, expect, test } from "vitest";
import { stepManager } from "../../core/launch/manager-machine.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { type EventName, type StateName, before, events, paths, run, unknown, words } from "./manager-script.ts";

type Row = Partial<Record<EventName, string>>;
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
