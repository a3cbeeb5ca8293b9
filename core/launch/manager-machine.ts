// Where is this launch, seen from the manager? A pure step function: state and event in, next state and effects out (docs/protocol.md).
// It holds no clock, no socket, no store and no key: what it wants done it returns as effects, and what it waits for comes as events.
import type { Failure } from "../base/failure.ts";
import type { AgentMessage, DiskOutcome, Evidence, Hello, RefusedCode, SealedDisk } from "./messages.ts";

/** What happened. An event that a state does not list is misbehaviour of the peer, or a bug of ours where it is not from the peer. */
export type ManagerEvent =
  | { readonly on: "frame"; readonly message: AgentMessage; readonly body: Uint8Array }
  /** The codec refused what came. */
  | { readonly on: "misread"; readonly failure: Failure }
  /** Answer to `admit`: the VM exists, or is a decoy that will be refused after the same work. */
  | { readonly on: "admitted"; readonly launch: string; readonly nonce: Uint8Array; readonly heartbeatSeconds: number }
  /** Answer to `admit`: no (second live launch, rate limit, shutting down). Carries what the peer may learn. */
  | { readonly on: "turned-away"; readonly failure: Failure; readonly retryAfterSeconds?: number }
  /** Collateral is being fetched: tell the agent that we are alive. `until` RFC 3339. */
  | { readonly on: "collateral-wanted"; readonly until: string }
  /** Answer to `judge`. */
  | { readonly on: "judged"; readonly judgement: Judgement }
  /** A person decided. `nonce` is fresh, for the case that the evidence has gone stale while they thought. */
  | { readonly on: "approved"; readonly nonce: Uint8Array }
  | { readonly on: "denied"; readonly failure: Failure }
  | { readonly on: "committed" }
  | { readonly on: "commit-failed"; readonly failure: Failure }
  | { readonly on: "sealed"; readonly disks: readonly SealedDisk[] }
  | { readonly on: "seal-failed"; readonly failure: Failure }
  | { readonly on: "deadline"; readonly name: DeadlineName }
  | { readonly on: "peer-gone" }
  /** The manager ends this session itself: shutting down, replaced by a second launch, VM disabled. */
  | { readonly on: "cancelled"; readonly failure: Failure };

export type Judgement =
  | { readonly verdict: "release" }
  | { readonly verdict: "refuse"; readonly failure: Failure }
  | {
      readonly verdict: "person";
      /** RFC 3339, for the pending frames. */
      readonly until: string;
      readonly waitMs: number;
      /** How long this evidence stays fresh, from now. */
      readonly freshMs: number;
    };

export type DeadlineName = "hello" | "evidence" | "wait" | "freshness" | "heartbeat" | "outcome";

/** What to do, in this order. */
export type ManagerEffect =
  | { readonly do: "send"; readonly frame: Uint8Array }
  | { readonly do: "set-deadline"; readonly name: DeadlineName; readonly ms: number }
  | { readonly do: "clear-deadline"; readonly name: DeadlineName }
  | { readonly do: "admit"; readonly hello: Hello }
  /** Verify, appraise and decide. `reportData` (64 bytes) is what the report must carry. `renewed` when this is a re-challenge after approval. */
  | {
      readonly do: "judge";
      readonly evidence: Evidence;
      readonly reportData: Uint8Array;
      readonly hpkeInfo: Uint8Array;
      readonly transcript: Uint8Array;
      readonly renewed: boolean;
    }
  /** Make the decision durable; answer `committed` or `commit-failed`. Nothing is sent before the answer. */
  | { readonly do: "commit-release" }
  | { readonly do: "commit-refusal"; readonly failure: Failure }
  /** Take the keys from the keychain and seal them; only ever follows `committed` of a release. */
  | { readonly do: "seal" }
  /** Make the outcome durable; answer `committed` or `commit-failed`. */
  | { readonly do: "commit-outcome"; readonly disks: readonly DiskOutcome[] }
  /** The release may or may not have arrived: make that durable. No answer is awaited. */
  | { readonly do: "commit-delivery-unknown"; readonly failure: Failure }
  /** The launch ended before any decision; the record says why. No answer is awaited. */
  | { readonly do: "abandon"; readonly failure: Failure }
  | { readonly do: "close" };

export interface ManagerStep {
  readonly state: ManagerState;
  readonly effects: readonly ManagerEffect[];
}

/** Every state is named for what it waits for. (The LAUNCH room owns the members.) */
export type ManagerState = { readonly waitsFor: string };

export type { RefusedCode };
