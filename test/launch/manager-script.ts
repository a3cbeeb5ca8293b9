// The manager-side machine in words: every event by a name, every state by the events that lead to it, every effect by one word.
import { failure } from "../../core/base/failure.ts";
import type { FailureCode } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { FrameReader, encodeFrame } from "../../core/launch/codec.ts";
import { decodeManagerMessage } from "../../core/launch/decode.ts";
import { openManagerSession, stepManager } from "../../core/launch/manager-machine.ts";
import type { ManagerEffect, ManagerEvent, ManagerStep } from "../../core/launch/manager-machine.ts";
import type { ManagerMessage } from "../../core/launch/messages.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { bytes, evidence, hello, launchId, outcome, release, until } from "./kit.ts";

export const exporter = bytes(32);
const nonce = bytes(32);
export const why = failure("launch.peer-gone", "cancelled by the test");
const frame = (message: typeof hello | typeof evidence | typeof outcome): ManagerEvent => ({
  on: "frame",
  message,
  body: encodeFrame(message).body,
});

export const events = {
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
export type EventName = keyof typeof events;

export const run = (...names: readonly EventName[]): ManagerStep =>
  names.reduce((step, name) => stepManager(step.state, events[name], nodePrimitives), openManagerSession(exporter, nodePrimitives));

/** How each state is reached. */
export const paths = {
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
export type StateName = keyof typeof paths;

export const sent = ({ frame: bytesOnWire }: ManagerEffect & { readonly do: "send" }): ManagerMessage =>
  must(decodeManagerMessage(must(new FrameReader().push(bytesOnWire))[0] ?? new Uint8Array(0)));

/** One word an effect; deadlines are left out but for their own test. */
export const words = (effects: readonly ManagerEffect[]): string =>
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

/** How a launch ends before its decision, and after it. */
export const before = (code: FailureCode, peer: string): string => `nothing: abandon(${code}) refused:${peer} close`;
export const unknown = (code: FailureCode, peer: string): string => `nothing: commit-delivery-unknown(${code}) refused:${peer} close`;
