// Is it acceptable? Runs every check of the policy on a genuine report that was made for this launch, and keeps them all.
// Pure: the same evidence, policy, collateral and instant always give the same result. Never decides whether the key may go.
import type { Primitives } from "../base/crypto.ts";
import type { Evidence } from "./evidence.ts";
import type { AppraisalPolicy } from "./policy.ts";
import type { AttestationResult } from "./result.ts";
import type { BoundReport } from "./verify.ts";

/** What the enrolment says about this VM. */
export interface AppraisalContext {
  /** SHA-256 of the agent configuration's canonical bytes, 32 bytes. */
  readonly configurationDigest: Uint8Array;
  readonly enrolledAsSimulated: boolean;
}

export interface AppraiseInput {
  readonly report: BoundReport;
  readonly evidence: Evidence;
  readonly policy: AppraisalPolicy;
  readonly context: AppraisalContext;
  readonly primitives: Primitives;
}

export function appraise(input: AppraiseInput): AttestationResult {
  throw new Error(`not built yet: ${input.policy.version}`);
}
