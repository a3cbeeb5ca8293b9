// Is the decision to release on disk? The only way to a CommittedDecision is a commit that answered ok, so that sealing without a durable
// decision does not compile (docs/protocol.md, "What must always hold", 1). Knows no store: the commit comes in.
import type { Brand } from "../base/brand.ts";
import { ok, type Result } from "../base/result.ts";

export interface ReleaseFacts {
  readonly launch: string;
  readonly vm: string;
  /** Hex, SHA-384. */
  readonly evidenceDigest: string;
  /** Disk ids, in order. */
  readonly disks: readonly string[];
}

/** Minted by {@link commitRelease} alone. Good for one {@link "./grant.ts".grantKeys}. */
export type CommittedDecision = Brand<ReleaseFacts & { readonly entry: number }, "CommittedDecision">;

/** @param commit writes the decision and its audit entry; answers ok with the entry's sequence only when both are durable. */
export function commitRelease(facts: ReleaseFacts, commit: () => Result<number>): Result<CommittedDecision> {
  const committed = commit();
  return committed.ok ? ok({ ...facts, entry: committed.value } as CommittedDecision) : committed;
}
