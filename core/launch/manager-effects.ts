// How does a launch go on waiting, get refused, or end? The moves that several states of the manager-side machine share (docs/protocol.md).
// The order of effects is a promise: a record is asked for before the peer hears of anything.
import { failure, failureTable } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import { encodeFrame } from "./codec.ts";
import type { DeadlineName, ManagerEffect } from "./manager-events.ts";
import type { Attesting, ManagerState, ManagerStep } from "./manager-state.ts";
import type { ManagerMessage, RefusedCode } from "./messages.ts";
import { addToTranscript } from "./transcript.ts";
import type { Primitives } from "../base/crypto.ts";

export function stay(state: ManagerState): ManagerStep {
  return { state, effects: [] };
}

export function nothing(effects: readonly ManagerEffect[]): ManagerStep {
  return { state: { waitsFor: "nothing" }, effects };
}

export function set(name: DeadlineName, ms: number): ManagerEffect {
  return { do: "set-deadline", name, ms };
}

export function clear(...names: readonly DeadlineName[]): readonly ManagerEffect[] {
  return names.map((name) => ({ do: "clear-deadline", name }));
}

export function send(message: ManagerMessage): ManagerEffect {
  return { do: "send", frame: encodeFrame(message).frame };
}

/** All that the peer learns. `untrusted` and `refused` look the same, whatever the table says. */
export function refusedCode({ code }: Failure): RefusedCode {
  const { family, peer } = failureTable[code];
  return family === "untrusted" || family === "refused" ? "not-accepted" : peer;
}

export function refused(why: Failure, retryAfterSeconds?: number): ManagerEffect {
  const retryAfter = retryAfterSeconds === undefined ? {} : { retryAfter: retryAfterSeconds };
  return send({ type: "refused", code: refusedCode(why), ...retryAfter });
}

/** The peer went, misbehaved or ran out of time, or the manager stops: what that means depends on how far the decision is. */
export function interrupted(state: ManagerState, why: Failure): ManagerStep {
  switch (state.waitsFor) {
    case "hello":
    case "evidence":
    case "judgement":
    case "person":
      return nothing([{ do: "abandon", failure: why }, refused(why), { do: "close" }]);
    case "sealing":
    case "outcome":
      // CRASH: if we stop before this is written, the release is on disk without an outcome, and recovery writes the same.
      return nothing([{ do: "commit-delivery-unknown", failure: why }, refused(why), { do: "close" }]);
    case "admission":
    case "release-commit":
    case "outcome-commit":
    case "refusal-commit":
      // The answer that is still owed decides what is recorded, so nothing is said before it.
      return state.over === undefined ? { state: { ...state, over: why }, effects: [{ do: "close" }] } : stay(state);
    case "nothing":
      return stay(state);
  }
}

/** The peer spoke when it was not its turn. */
export function outOfTurn(state: ManagerState, type: string): ManagerStep {
  return interrupted(state, failure("launch.out-of-turn", type));
}

export function challenge(attesting: Attesting, nonce: Uint8Array, primitives: Primitives): ManagerStep {
  const { launch, heartbeatSeconds, challenges } = attesting;
  const { frame, body } = encodeFrame({ type: "challenge", launch, nonce, heartbeat: heartbeatSeconds });
  const transcript = addToTranscript(attesting.transcript, "manager", body, primitives);
  return {
    state: { waitsFor: "evidence", attesting: { ...attesting, transcript, challenges: challenges + 1 } },
    effects: [...clear("hello", "wait", "heartbeat", "freshness"), { do: "send", frame }, set("evidence", evidenceMs)],
  };
}

/** CRASH: if we stop before the release is durable, nothing was sent and the agent tries again with a fresh nonce. */
export function release(): ManagerStep {
  return {
    state: { waitsFor: "release-commit" },
    effects: [...clear("heartbeat", "freshness"), set("wait", commitMs), { do: "commit-release" }],
  };
}

/** The record first, then the peer. */
export function refuse(why: Failure): ManagerStep {
  return {
    state: { waitsFor: "refusal-commit", failure: why },
    effects: [...clear("heartbeat", "freshness"), set("wait", commitMs), { do: "commit-refusal", failure: why }],
  };
}

/** The release is durable and no key left: the outcome says that no disk can have opened. */
export function sealingFailed(why: Failure): ManagerStep {
  return {
    state: { waitsFor: "outcome-commit", sealFailure: why },
    effects: [set("wait", commitMs), { do: "commit-outcome", disks: [], failure: why }],
  };
}

/** Tells the agent that we are alive, where it has been told why it waits. */
export function pendingAgain(state: ManagerState): ManagerStep {
  if (state.waitsFor === "person") return { state, effects: pending("approval", state.until, state.attesting) };
  if (state.waitsFor !== "judgement" || state.collateralUntil === undefined) return stay(state);
  return { state, effects: pending("collateral", state.collateralUntil, state.attesting) };
}

export function pending(reason: "collateral" | "approval", until: string, { heartbeatSeconds }: Attesting): readonly ManagerEffect[] {
  return [send({ type: "pending", reason, until }), set("heartbeat", heartbeatSeconds * 1000)];
}

/** The processor may throttle report requests. */
const evidenceMs = 60_000;
/** A local store answers in milliseconds; one that does not is broken. */
export const commitMs = 30_000;
