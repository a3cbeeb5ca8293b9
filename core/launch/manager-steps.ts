// What follows from a message of the agent, or from an answer of our own side? The forward steps of the manager-side machine.
// SECURITY: `seal` is asked for in one line, which only the answer to `commit-release` reaches.
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import {
  challenge,
  clear,
  commitMs,
  nothing,
  outOfTurn,
  pending,
  interrupted,
  refuse,
  refused,
  release,
  sealingFailed,
  send,
  set,
  stay,
} from "./manager-effects.ts";
import type { Judgement, ManagerEvent } from "./manager-events.ts";
import type { Attesting, ManagerState, ManagerStep } from "./manager-state.ts";
import type { AgentMessage, DiskOutcome, Evidence, SealedDisk } from "./messages.ts";
import { addToTranscript, releaseInfo, reportData } from "./transcript.ts";

type Answer = Exclude<ManagerEvent, { readonly on: "frame" | "misread" | "peer-gone" | "cancelled" | "deadline" }>;

export function onFrame(state: ManagerState, message: AgentMessage, body: Uint8Array, primitives: Primitives): ManagerStep {
  if (state.waitsFor === "hello" && message.type === "hello") {
    const transcript = addToTranscript(state.transcript, "agent", body, primitives);
    const effects = [...clear("hello"), set("wait", commitMs), { do: "admit", hello: message } as const];
    return { state: { waitsFor: "admission", transcript }, effects };
  }
  if (state.waitsFor === "evidence" && message.type === "evidence") return onEvidence(state.attesting, message, body, primitives);
  if (state.waitsFor === "outcome" && message.type === "outcome") return onOutcome(state, message.disks);
  return outOfTurn(state, message.type);
}

/** An answer that the state does not wait for came too late: the launch took another turn meanwhile, and keeps it. */
export function onAnswer(state: ManagerState, event: Answer, primitives: Primitives): ManagerStep {
  switch (state.waitsFor) {
    case "admission":
      return onAdmission(state, event, primitives);
    case "judgement":
      if (event.on === "judged") return onJudged(state.attesting, event.judgement, primitives);
      if (event.on !== "collateral-wanted") return stay(state);
      return { state: { ...state, collateralUntil: event.until }, effects: pending("collateral", event.until, state.attesting) };
    case "person":
      if (event.on === "denied") return refuse(event.failure);
      if (event.on !== "approved") return stay(state);
      if (!state.stale) return release();
      return challengeAgain({ ...state.attesting, approved: true }, event.nonce, primitives);
    case "sealing":
      if (event.on === "seal-failed") return sealingFailed(event.failure);
      return event.on === "sealed" ? onSealed(event.disks) : stay(state);
    case "release-commit":
    case "refusal-commit":
    case "outcome-commit":
      if (event.on === "commit-failed") return onCommitFailed(state);
      return event.on === "committed" ? onCommitted(state) : stay(state);
    case "hello":
    case "evidence":
    case "outcome":
    case "nothing":
      return stay(state);
  }
}

function onAdmission(state: ManagerState & { readonly waitsFor: "admission" }, event: Answer, primitives: Primitives): ManagerStep {
  const { transcript, over } = state;
  if (event.on === "turned-away") {
    return nothing(over === undefined ? [refused(event.failure, event.retryAfterSeconds), { do: "close" }] : []);
  }
  if (event.on !== "admitted") return stay(state);
  // The peer was lost while we looked: the launch that was just begun must not stay live.
  if (over !== undefined) return nothing([{ do: "abandon", failure: over }]);
  const { launch, heartbeatSeconds, nonce } = event;
  return challenge({ transcript, launch, heartbeatSeconds, challenges: 0, approved: false }, nonce, primitives);
}

function onEvidence(attesting: Attesting, evidence: Evidence, body: Uint8Array, primitives: Primitives): ManagerStep {
  const transcript = addToTranscript(attesting.transcript, "agent", body, primitives);
  return {
    state: { waitsFor: "judgement", attesting: { ...attesting, transcript } },
    effects: [
      ...clear("evidence"),
      set("wait", judgementMs),
      {
        do: "judge",
        evidence,
        reportData: reportData(attesting.transcript, evidence.sealingKey.key, primitives),
        hpkeInfo: releaseInfo(transcript),
        transcript,
        renewed: attesting.approved,
      },
    ],
  };
}

function onJudged(attesting: Attesting, judgement: Judgement, primitives: Primitives): ManagerStep {
  switch (judgement.verdict) {
    case "release":
      return release();
    case "renew":
      return challengeAgain(attesting, judgement.nonce, primitives);
    case "refuse":
      return refuse(judgement.failure);
    case "person": {
      const { until, waitMs, freshMs } = judgement;
      // What a person approved before was other evidence.
      const asked = { ...attesting, approved: false };
      const effects = [set("wait", waitMs), set("freshness", freshMs), ...pending("approval", until, asked)];
      return { state: { waitsFor: "person", attesting: asked, until, stale: false }, effects };
    }
  }
}

function challengeAgain(attesting: Attesting, nonce: Uint8Array, primitives: Primitives): ManagerStep {
  if (attesting.challenges >= maximumChallenges) {
    return interrupted({ waitsFor: "evidence", attesting }, failure("launch.too-many-challenges"));
  }
  return challenge(attesting, nonce, primitives);
}

type Committing = ManagerState & { readonly waitsFor: "release-commit" | "refusal-commit" | "outcome-commit" };

function onCommitted(state: Committing): ManagerStep {
  const { over } = state;
  switch (state.waitsFor) {
    case "release-commit":
      // Nothing was sent, but the decision stands: an unknown delivery counts as a release.
      if (over !== undefined) return nothing([{ do: "commit-delivery-unknown", failure: over }]);
      // CRASH: from here to the outcome the release is on disk; recovery writes "delivery unknown" and never seals again.
      return { state: { waitsFor: "sealing" }, effects: [set("wait", sealingMs), { do: "seal" }] };
    case "refusal-commit":
      return nothing(over === undefined ? [refused(state.failure), { do: "close" }] : []);
    case "outcome-commit": {
      if (over !== undefined) return nothing([]);
      const { sealFailure } = state;
      return nothing([sealFailure === undefined ? send({ type: "recorded" }) : refused(sealFailure), { do: "close" }]);
    }
  }
}

function onCommitFailed({ waitsFor, over }: Committing): ManagerStep {
  if (over !== undefined) return nothing([]);
  // After an outcome there is no answer that would be true: the agent is told nothing, and knows what it opened.
  return nothing(waitsFor === "outcome-commit" ? [{ do: "close" }] : [send({ type: "refused", code: "try-later" }), { do: "close" }]);
}

function onSealed(sealed: readonly SealedDisk[]): ManagerStep {
  return {
    state: { waitsFor: "outcome", disks: sealed.map(({ disk }) => disk) },
    effects: [...clear("wait"), send({ type: "release", disks: sealed }), set("outcome", outcomeMs)],
  };
}

function onOutcome(state: ManagerState & { readonly waitsFor: "outcome" }, disks: readonly DiskOutcome[]): ManagerStep {
  const named = new Set(disks.map(({ disk }) => disk));
  const exact = disks.length === state.disks.length && state.disks.every((disk) => named.has(disk));
  if (!exact) return interrupted(state, failure("launch.outcome-disks"));
  // CRASH: if we stop before this is durable, recovery writes "delivery unknown": the disks may be open, and it counts as a release.
  return {
    state: { waitsFor: "outcome-commit" },
    effects: [...clear("outcome"), set("wait", commitMs), { do: "commit-outcome", disks }],
  };
}

/** Long enough for a key service that throttles for minutes. */
const judgementMs = 600_000;
/** A keychain may ask its owner to unlock it. */
const sealingMs = 60_000;
/** Opening a LUKS2 disk takes seconds where its key derivation is sane. */
const outcomeMs = 120_000;
/** Each needs an approval or a collateral fetch of minutes, so no honest launch comes near. */
const maximumChallenges = 8;
