// What is one line of the audit log? Entries are canonical JSON, chained by hash: each names the hash of the one before it,
// so that a line cannot be changed, removed or inserted without breaking every later one. Signed checkpoints come later.
import type { JsonObject } from "../base/json.ts";

export type AuditKind =
  | "vm-enrolled"
  | "vm-changed"
  | "launch-released"
  | "launch-refused"
  | "launch-opened"
  | "launch-failed"
  | "delivery-unknown"
  /** Refusals of unknown VMs above what is recorded one by one: how many. */
  | "refusals-counted"
  | "manager-started";

export interface AuditTip {
  /** Sequence of the last entry; 0 where there is none. */
  readonly sequence: number;
  /** SHA-256 of the last entry, 32 bytes; zeros where there is none. */
  readonly hash: Uint8Array;
}

/** An entry with its place in the chain fixed. `bytes` is what is hashed and stored. */
export interface SealedEntry {
  readonly sequence: number;
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
  /** Canonical JSON of { sequence, previous, at, kind, ...facts }. */
  readonly bytes: Uint8Array;
}

/** What happened, as facts: ids, digests in hex, codes, words that a person gave as a reason. Never a secret. */
export interface AuditFacts {
  readonly kind: AuditKind;
  readonly facts: JsonObject;
}
