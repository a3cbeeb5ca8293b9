// What does a person need to read before they confirm another policy? Each change in words, from the service's own records; what becomes looser first,
// and never shortened: what a dialog cannot show whole is not confirmed in one.
import { policyDifference, type PolicyChange } from "../appraise/policy-difference.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { VmRecord } from "./records.ts";

export function policySummary(vm: VmRecord, after: AppraisalPolicy, reason: string): Result<readonly string[]> {
  const version = vm.policyVersions[0]?.number ?? 0;
  const changes = policyDifference(vm.policy, after);
  const saying = (direction: PolicyChange["direction"], word: string): readonly string[] =>
    changes.filter((change) => change.direction === direction).map(({ title, sentence }) => `${word}: ${title}. ${sentence}.`);
  // SECURITY: a page could bury one line of these under many others, and a dialog is only so high.
  const looser = saying("looser", "LOOSER");
  if (looser.length > maximumLooser || looser.join("\n").length > maximumLooserText) return fail(failure("policy.too-much-looser"));
  const [stricter, changed] = [saying("stricter", "Stricter"), saying("changed", "Changed")];
  return ok([
    ...(vm.simulatedAnchors === undefined ? [] : ["SIMULATED: this VM proves nothing and protects nothing."]),
    `Change the policy of “${vm.name}” (${vm.id}) from version ${version} to version ${version + 1}?`,
    changes.length === 0
      ? "Nothing that is judged changes."
      : `Looser: ${looser.length}. Stricter: ${stricter.length}. Otherwise: ${changed.length}.`,
    ...looser,
    ...some(stricter, "stricter"),
    ...some(changed, "changed otherwise"),
    `Reason given: “${reason}”`,
  ]);
}

/** What opens nothing may be shortened. */
function some(sentences: readonly string[], what: string): readonly string[] {
  const more = sentences.length - maximumOthers;
  return more <= 0 ? sentences : [...sentences.slice(0, maximumOthers), `And ${more} more: ${what}.`];
}

const maximumLooser = 20;
/** UTF-16 units: some thirty lines of a dialog. */
const maximumLooserText = 4_000;
const maximumOthers = 12;
