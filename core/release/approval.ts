// What did a person approve, and does it cover this evidence? docs/protocol.md, "What must always hold", 2: an approval names the evidence
// that the person saw. New evidence of the same claims is the same VM asked again; anything else needs another look.
import type { Brand } from "../base/brand.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export interface ApprovalRecord {
  /** Hex, SHA-384, of what the person saw. */
  readonly evidenceDigest: string;
  readonly claimsDigest: string;
  readonly reason: string;
  readonly at: Instant;
}

/** Minted by {@link approve} alone. */
export type Approval = Brand<ApprovalRecord, "Approval">;

/** The two digests by which evidence is named (appraise/evidence.ts), hex. */
export interface NamedEvidence {
  readonly evidenceDigest: string;
  readonly claimsDigest: string;
}

/** @param evidence the digest that the person's approval names. @param inHand the evidence that the manager holds at this moment. */
export function approve(evidence: string, reason: string, inHand: NamedEvidence, at: Instant): Result<Approval> {
  if (evidence !== inHand.evidenceDigest) return fail(failure("approval.evidence-changed", inHand.evidenceDigest));
  const { evidenceDigest, claimsDigest } = inHand;
  return ok({ evidenceDigest, claimsDigest, reason, at } satisfies ApprovalRecord as Approval);
}

export function covers(approval: Approval, { evidenceDigest, claimsDigest }: NamedEvidence): boolean {
  return approval.evidenceDigest === evidenceDigest || approval.claimsDigest === claimsDigest;
}
