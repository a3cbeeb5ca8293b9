// Where is this launch, seen from the manager? A pure step function: state and event in, next state and effects out (docs/protocol.md).
// It holds no clock, no socket, no store and no key: what it wants done it returns as effects, and what it waits for comes as events.
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { DeadlineName, ManagerEvent } from "./manager-events.ts";
import { onAnswer, onFrame } from "./manager-steps.ts";
import { interrupted, nothing, pendingAgain, refuse, sealingFailed, set, stay } from "./manager-effects.ts";
import type { ManagerState, ManagerStep } from "./manager-state.ts";
import { openTranscript } from "./transcript.ts";

export type { DeadlineName, Judgement, ManagerEffect, ManagerEvent } from "./manager-events.ts";
export type { ManagerState, ManagerStep } from "./manager-state.ts";
export type { RefusedCode } from "./messages.ts";

/** @param exporter 32 bytes, RFC 9266 tls-exporter of the connection. */
export function openManagerSession(exporter: Uint8Array, primitives: Primitives): ManagerStep {
  const transcript = openTranscript(exporter, primitives);
  return { state: { waitsFor: "hello", transcript }, effects: [set("hello", helloMs)] };
}

/** What to do about `event`. Never throws for anything that a peer can cause; never asks for a second `seal`. */
export function stepManager(state: ManagerState, event: ManagerEvent, primitives: Primitives): ManagerStep {
  if (state.waitsFor === "nothing") return stay(state);
  switch (event.on) {
    case "frame":
      return onFrame(state, event.message, event.body, primitives);
    case "misread":
      return interrupted(state, event.failure);
    case "peer-gone":
      return interrupted(state, failure("launch.peer-gone"));
    case "cancelled":
      return interrupted(state, event.failure);
    case "deadline":
      return onDeadline(state, event.name);
    default:
      return onAnswer(state, event, primitives);
  }
}

/** A deadline that the state does not know has crossed with the event that ended it. */
function onDeadline(state: ManagerState, name: DeadlineName): ManagerStep {
  switch (name) {
    case "hello":
      return state.waitsFor === "hello" ? interrupted(state, failure("launch.hello-late")) : stay(state);
    case "evidence":
      return state.waitsFor === "evidence" ? interrupted(state, failure("launch.evidence-late")) : stay(state);
    case "outcome":
      return state.waitsFor === "outcome" ? interrupted(state, failure("launch.outcome-late")) : stay(state);
    case "freshness":
      return state.waitsFor === "person" ? stay({ ...state, stale: true }) : stay(state);
    case "heartbeat":
      return pendingAgain(state);
    case "wait":
      return onWaitOver(state);
  }
}

function onWaitOver(state: ManagerState): ManagerStep {
  switch (state.waitsFor) {
    case "judgement":
      return interrupted(state, failure("launch.judgement-late"));
    case "person":
      return refuse(failure("launch.approval-late"));
    case "sealing":
      return sealingFailed(failure("launch.seal-late"));
    case "admission":
    case "release-commit":
    case "outcome-commit":
    case "refusal-commit":
      return interrupted(state, failure("launch.commit-late"));
    case "hello":
    case "evidence":
    case "outcome":
      return stay(state);
    case "nothing":
      return nothing([]);
  }
}

const helloMs = 10_000;
