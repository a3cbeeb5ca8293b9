// What do the fields beside the checks mean: what happens with an appraisal's result? The rest of the table of check-reference.ts.
// Never read by a check.
import type { FailureCode } from "../base/failure.ts";
import type { FieldReference } from "./field-reference.ts";
import type { AppraisalPolicy } from "./policy.ts";

export type PolicyRuling = Exclude<keyof AppraisalPolicy, "checks">;

/** Fields beside the checks: they rule what happens with the result. */
export const rulingReference: { readonly [field in PolicyRuling]: FieldReference } = {
  version: ruling(
    "Version of the policy format",
    "`1`",
    "Which form this document has.",
    "A manager refuses a form that it does not know.",
    "None.",
  ),
  release: ruling(
    "Release",
    "`manual`, `first-launch-manual` or `automatic`",
    "Who says that the key may go, once every check has passed. `first-launch-manual`: a person approves, and what they saw (measurement, chip, ID digests) is remembered; a later launch that matches goes by itself, and anything new goes to a person with the difference spelled out.",
    "Automatic, nobody looks: a measurement must then be required.",
    "`manual` is stricter than `first-launch-manual`, and that is stricter than `automatic`.",
  ),
  releaseTimes: ruling(
    "Times of release",
    '`any`, or `open`: a list of `days` (`mon` to `sun`), `from` and `until` ("HH:MM", UTC), with `outside`: `manual` or `refuse`',
    "When a launch that no person approves may be given its keys. Outside, a person is asked, or the launch is refused.",
    "With `refuse`, a machine that restarts at night stays down until the morning; with `any`, it may be given its keys while nobody watches.",
    "Less time is stricter; `refuse` is stricter than `manual`.",
  ),
  failedOpensMaximum: ruling(
    "Failed opens",
    "1 to 100",
    "How many releases may fail to open the disks, or vanish, before the VM gets no more keys until you enable it again.",
    "Each failed open is a key that went to somebody and did not do what it is for.",
    "A lower number is stricter.",
    ["release.too-many-failed-opens"],
  ),
  rules: ruling(
    "Your own rules",
    "a list of at most 16, each with `id`, `expression` (CEL, at most 1024 characters) and `sentence`; it may be empty",
    "Conditions on top of the checks, for what those cannot say. Each must be true; one that cannot be evaluated fails.",
    "A rule that is true of everything protects nothing: try it with `portcullis report appraise` on a report that must fail.",
    "A rule more is stricter.",
    ["appraise.rule-failed", "appraise.rule-error"],
  ),
  freshnessSeconds: ruling(
    "Freshness of the evidence",
    "10 to 3600",
    "Evidence that is older than this when the key could go is asked for again.",
    "The longer, the longer ago the VM's state was proven when it gets the key.",
    "A lower number is stricter.",
  ),
  approvalSeconds: ruling(
    "Time to approve",
    "30 to 86400",
    "How long a launch waits for a person.",
    "The longer, the longer a launch of which nobody thinks any more can still be approved; too short, and boots fail while you sleep.",
    "A lower number is stricter.",
  ),
  secondLaunch: ruling(
    "Second launch",
    "`wait` or `replace`",
    "What happens when the VM launches again while a launch of it is pending.",
    "With `replace`, whoever can reach the manager as this VM can end a pending launch; with `wait`, a VM that was restarted waits for its own ghost.",
    "Neither is stricter.",
  ),
};

function ruling(
  title: string,
  form: string,
  meaning: string,
  stake: string,
  polarity: string,
  codes: readonly FailureCode[] = [],
): FieldReference {
  return { title, form, meaning, stake, polarity, checks: [], codes };
}
