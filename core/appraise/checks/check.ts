// What is a check? One claim of a genuine report against one demand of the policy, answered with what was expected, what was found and
// a sentence. Pure; never skips: what is waived is written down.
import { failureTable } from "../../base/failure.ts";
import type { FailureCode } from "../../base/failure.ts";
import type { LaunchHistory } from "../history.ts";
import type { PolicyChecks } from "../policy.ts";
import type { Demand } from "../policy-reader.ts";
import type { CheckGroup, CheckResult } from "../result.ts";
import type { GenuineReport } from "../verify.ts";

/** What the enrolment says about this VM. */
export interface AppraisalContext {
  /** SHA-256 of the agent configuration's canonical bytes, 32 bytes. */
  readonly configurationDigest: Uint8Array;
  readonly enrolledAsSimulated: boolean;
  /** Undefined where it is not at hand: what the policy demands of it then fails. */
  readonly history: LaunchHistory | undefined;
}

export interface Subject {
  readonly genuine: GenuineReport;
  readonly policy: PolicyChecks;
  readonly context: AppraisalContext;
}

export type Check = (subject: Subject) => CheckResult;

export interface Claim {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  /** The sentence where it holds. Where it does not, the failure table has one. */
  readonly holds: string;
  readonly code: FailureCode;
}

export interface Comparison {
  readonly expected: string;
  readonly passes: boolean;
}

export function judge<T>(claim: Claim, demand: Demand<T>, actual: string, compare: (required: T) => Comparison): CheckResult {
  const { id, group, title, holds, code } = claim;
  if ("waived" in demand) {
    const sentence = `Not checked, by the owner's decision: ${demand.waived}`;
    return { id, group, title, expected: "anything", actual, verdict: "waived", sentence, waiver: demand.waived };
  }
  const { expected, passes } = compare(demand.require);
  if (passes) return { id, group, title, expected, actual, verdict: "pass", sentence: holds };
  return { id, group, title, expected, actual, verdict: "fail", sentence: failureTable[code].sentence, code };
}

/** For claims of which the policy lists the good values. */
export function judgeListed(claim: Claim, demand: Demand<readonly string[]>, actual: string): CheckResult {
  return judge(claim, demand, actual, (listed) => ({ expected: listed.join(" or "), passes: listed.includes(actual) }));
}
