// The shape of one line of the failure table.

/** Who is at fault, and so what helps. `untrusted` and `refused` look the same to the peer. */
export type FailureFamily =
  | "malformed"
  | "unsupported"
  | "misbehaved"
  | "untrusted"
  | "refused"
  | "needs-person"
  | "unavailable"
  | "limited"
  | "misconfigured"
  | "bug";

/** All that a peer ever learns (docs/protocol.md, "What must always hold", 4). */
export type PeerCode = "not-accepted" | "try-later" | "unsupported" | "malformed" | "busy";

export interface FailureEntry {
  readonly family: FailureFamily;
  readonly peer: PeerCode;
  /** What happened and what to do, in one or two sentences without names or numbers. */
  readonly sentence: string;
}
