// What can happen to a launch, and what can be wanted of its driver? The events and effects of the manager-side machine (docs/protocol.md).
// Only types: an effect is a wish in words, and every answer to one comes back as an event.
import type { Failure } from "../base/failure.ts";
import type { AgentMessage, DiskOutcome, Evidence, Hello, SealedDisk } from "./messages.ts";

/**
 * What happened. From the peer, an event that a state does not list is misbehaviour. From our own side it is an answer that came too late
 * (a person and a deadline may cross), and changes nothing.
 */
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
  /** The machine then says `try-later` and closes, and asks for no further record: what the store holds is for the driver to reload. */
  | { readonly on: "commit-failed"; readonly failure: Failure }
  | { readonly on: "sealed"; readonly disks: readonly SealedDisk[] }
  | { readonly on: "seal-failed"; readonly failure: Failure }
  | { readonly on: "deadline"; readonly name: DeadlineName }
  | { readonly on: "peer-gone" }
  /** The manager ends this session itself: shutting down, replaced by a second launch, VM disabled. */
  | { readonly on: "cancelled"; readonly failure: Failure };

export type Judgement =
  | { readonly verdict: "release" }
  /** Acceptable, but the collateral took longer than the freshness window: challenge again, with this fresh nonce. */
  | { readonly verdict: "renew"; readonly nonce: Uint8Array }
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
  /** Verify, appraise and decide. The report must carry `reportData` (64 bytes). `renewed`: this is a re-challenge after an approval. */
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
  /**
   * Make the outcome durable; answer `committed` or `commit-failed`. With `failure` the keys could not be sealed after the release was
   * committed: nothing left the house, and `disks` is empty.
   */
  | { readonly do: "commit-outcome"; readonly disks: readonly DiskOutcome[]; readonly failure?: Failure }
  /** The release may or may not have arrived: make that durable. No answer is awaited. */
  | { readonly do: "commit-delivery-unknown"; readonly failure: Failure }
  /** The launch ended before any decision; the record, where the launch was admitted, says why. No answer is awaited. */
  | { readonly do: "abandon"; readonly failure: Failure }
  /** Ends the connection and every deadline of the session. Answers that are still owed may come after it. */
  | { readonly do: "close" };
