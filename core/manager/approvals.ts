// How does a person's word reach a launch? It names the evidence that they saw, gives a reason, and counts once. docs/protocol.md, "What
// must always hold", 2. Never decides who the person is: the host holds the approve role (core/api/roles.ts).
import { failure } from "../base/failure.ts";
import { fail, type Result } from "../base/result.ts";
import type { DecisionQuestion } from "./requests.ts";
import type { Store } from "./ports.ts";
import type { LaunchRecord } from "./records.ts";
import type { ServedSession } from "./sessions.ts";

/** Resolves when the decision is durable, or when it has come to nothing. */
export async function decideByPerson(
  question: DecisionQuestion,
  session: ServedSession | undefined,
  store: Store,
): Promise<Result<LaunchRecord>> {
  const reason = reasonFrom(question.reason);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  if (session !== undefined) return session.answer({ ...question, reason });
  const decided = store.launch(question.launch)?.decision !== undefined;
  return fail(failure(decided ? "approval.already-decided" : "approval.not-pending"));
}

/** Trimmed; undefined where it is empty, too long, or holds control characters. */
export function reasonFrom(text: string): string | undefined {
  const reason = text.trim();
  const printable = !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason);
  return reason.length >= 1 && reason.length <= maximumReason && printable ? reason : undefined;
}

const maximumReason = 500;
