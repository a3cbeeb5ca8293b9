// Who confirms what a page proposes? A proposal is bound to (launch, evidence, verdict, reason); it becomes a decision only through the host's own
// dialog, or through a code that the host shows where the page cannot see it. Its sentences come from the service's own record, never from the page.
import type { Instant } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { DecisionQuestion } from "./manager.ts";
import type { LaunchRecord } from "./records.ts";

export interface Proposal extends DecisionQuestion {
  /** UUID. */
  readonly proposal: string;
  readonly expiresAt: Instant;
  readonly vmName: string;
  /** What the person is asked to confirm, in sentences. */
  readonly summary: readonly string[];
}

export interface Proposals {
  propose(question: DecisionQuestion): Result<Proposal>;
  /** The 8 digits that confirm it. SECURITY: for the host's terminal only; a console must never be able to ask for it. */
  codeOf(proposal: string): string | undefined;
  /** A wrong code counts; after three the proposal is gone. */
  confirm(proposal: string, code: string): Promise<Result<LaunchRecord>>;
  cancel(proposal: string): Result<void>;
  /** Those that have not expired, oldest first. */
  open(): readonly Proposal[];
  /** The host's dialog: `confirmed` false drops the proposal (the value is then undefined); `verdict` must be the proposed one. */
  answer(proposal: string, verdict: "approve" | "deny", confirmed: boolean): Promise<Result<LaunchRecord | undefined>>;
}
