// Where is this launch, seen from the VM? The agent's pure step function: state and event in, state and effects out (docs/protocol.md).
// It never holds a key; it takes one release in a connection, and every path that ends wipes first.
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import { encodeFrame } from "./codec.ts";
import { onEvidenceParts, onKeys, onReleaseMessage, onUnlocked, reportFailure } from "./agent-steps.ts";
import type { AgentDeadline, AgentEffect, AgentEnding, AgentEvent, AgentState, AgentStep, AgentTerms } from "./agent-state.ts";
import type { Challenge, ManagerMessage } from "./messages.ts";
import { type Transcript, addToTranscript, openTranscript } from "./transcript.ts";

export type { AgentDeadline, AgentEffect, AgentEnding, AgentEvent, AgentState, AgentStep, AgentTerms } from "./agent-state.ts";

export interface AgentOpening {
  /** 32 bytes, RFC 9266 tls-exporter of the connection. */
  readonly exporter: Uint8Array;
  readonly vm: string;
  /** name/version. */
  readonly agent: string;
  /** 32 fresh bytes. */
  readonly nonce: Uint8Array;
  readonly terms: AgentTerms;
}

export function openAgentSession({ exporter, vm, agent, nonce, terms }: AgentOpening, primitives: Primitives): AgentStep {
  const configuration = terms.configurationDigest;
  const { frame, body } = encodeFrame({ type: "hello", vm, nonce, tee: "sev-snp", agent, configuration });
  const transcript = addToTranscript(openTranscript(exporter, primitives), "agent", body, primitives);
  return { state: { waitsFor: "challenge", terms, transcript }, effects: [{ do: "send", frame }, set("challenge", challengeMs)] };
}

/** What to do about `event`. Never throws for anything that a peer can cause. */
export function stepAgent(state: AgentState, event: AgentEvent, primitives: Primitives): AgentStep {
  switch (event.on) {
    case "frame":
      return onFrame(state, event.message, event.body, primitives);
    case "misread":
      return misbehaved(state, event.failure);
    case "peer-gone":
      return onPeerGone(state);
    case "deadline":
      return onDeadline(state, event.name);
    case "cancelled":
      return state.waitsFor === "nothing" ? { state, effects: [] } : stopped(state, failure("agent.stopped"));
    case "sealing-key-made":
    case "reported":
      return onEvidenceParts(state, event, primitives);
    case "report-failed":
      return state.waitsFor === "report" ? reportFailure(event.failure) : { state, effects: [] };
    case "release-opened":
    case "release-unreadable":
      return onKeys(state, event);
    case "unlocked":
      return onUnlocked(state, event.disks);
  }
}

function onFrame(state: AgentState, message: ManagerMessage, body: Uint8Array, primitives: Primitives): AgentStep {
  if (message.type === "refused" && isBeforeRelease(state)) {
    const retryAfterSeconds = message.retryAfter === undefined ? {} : { retryAfterSeconds: message.retryAfter };
    return finish({ end: "refused", code: message.code, ...retryAfterSeconds });
  }
  switch (state.waitsFor) {
    case "challenge":
      if (message.type === "challenge") return onChallenge(state.terms, state.transcript, message, body, primitives);
      return misbehaved(state, outOfTurn(message));
    case "verdict":
      if (message.type === "pending") return { state, effects: [set("silence", state.challenged.silenceMs)] };
      if (message.type === "challenge") return onChallenge(state.challenged.terms, state.challenged.transcript, message, body, primitives);
      if (message.type === "release") return onReleaseMessage(state.challenged, message.disks);
      return misbehaved(state, outOfTurn(message));
    case "recorded":
      // A refusal here means that our outcome did not please: it is not recorded, and that is all that it changes.
      return message.type === "recorded" || message.type === "refused"
        ? ended(state, message.type === "recorded")
        : misbehaved(state, outOfTurn(message));
    case "sealing-key":
    case "report":
    case "keys":
    case "disks":
      return misbehaved(state, outOfTurn(message));
    case "nothing":
      return { state, effects: [] };
  }
}

function onChallenge(terms: AgentTerms, sofar: Transcript, { heartbeat }: Challenge, body: Uint8Array, primitives: Primitives): AgentStep {
  const transcript = addToTranscript(sofar, "manager", body, primitives);
  return {
    state: { waitsFor: "sealing-key", challenged: { terms, transcript, silenceMs: missedHeartbeats * heartbeat * 1000 } },
    effects: [clear("challenge"), clear("silence"), set("report", reportMs), { do: "make-sealing-key" }],
  };
}

function onPeerGone(state: AgentState): AgentStep {
  switch (state.waitsFor) {
    case "keys":
    case "disks":
      return { state: { ...state, alone: true }, effects: [] };
    case "recorded":
      return ended(state, false);
    case "challenge":
    case "sealing-key":
    case "report":
    case "verdict":
      return finish({ end: "failed", failure: failure("agent.manager-gone"), released: false });
    case "nothing":
      return { state, effects: [] };
  }
}

function onDeadline(state: AgentState, name: AgentDeadline): AgentStep {
  const { waitsFor } = state;
  if (name === "challenge" && waitsFor === "challenge") return stopped(state, failure("agent.manager-silent"));
  if (name === "silence" && waitsFor === "verdict") return stopped(state, failure("agent.manager-silent"));
  if (name === "report" && (waitsFor === "sealing-key" || waitsFor === "report")) return reportFailure(failure("agent.report-late"));
  if (name === "recorded" && waitsFor === "recorded") return ended(state, false);
  if (name !== "unlock" || (waitsFor !== "keys" && waitsFor !== "disks")) return { state, effects: [] };
  const late = state.terms.disks.map((disk) => ({ disk, opened: false, code: "agent.disk-late" }));
  return onUnlocked({ ...state, waitsFor: "disks" }, late);
}

/** The manager broke the protocol: nothing that it sent is used. */
function misbehaved(state: AgentState, why: Failure): AgentStep {
  if (state.waitsFor === "recorded") return ended(state, false);
  return state.waitsFor === "nothing" ? { state, effects: [] } : stopped(state, why);
}

/** Ends without a success: whatever is open is closed, whatever is held is wiped. */
function stopped(state: AgentState, why: Failure): AgentStep {
  const released = !isBeforeRelease(state);
  const because = state.waitsFor === "recorded" ? (state.failed ?? why) : why;
  return finish({ end: "failed", failure: because, released }, released ? [{ do: "close-disks" }] : []);
}

/** The outcome was sent; what it said stands, whether or not it was recorded. */
function ended({ failed }: { readonly failed?: Failure }, recorded: boolean): AgentStep {
  return finish(failed === undefined ? { end: "opened", recorded } : { end: "failed", failure: failed, released: true });
}

function finish(ending: AgentEnding, first: readonly AgentEffect[] = []): AgentStep {
  return { state: { waitsFor: "nothing" }, effects: [...first, { do: "wipe" }, { do: "finish", ending }] };
}

function isBeforeRelease({ waitsFor }: AgentState): boolean {
  return waitsFor === "challenge" || waitsFor === "sealing-key" || waitsFor === "report" || waitsFor === "verdict";
}

function outOfTurn({ type }: ManagerMessage): Failure {
  return failure("launch.out-of-turn", type);
}

function set(name: AgentDeadline, ms: number): AgentEffect {
  return { do: "set-deadline", name, ms };
}

function clear(name: AgentDeadline): AgentEffect {
  return { do: "clear-deadline", name };
}

/** Admission is quick; a manager that queues says `busy`. */
const challengeMs = 30_000;
/** Within the manager's 60 s for evidence. */
const reportMs = 55_000;
const missedHeartbeats = 3;
