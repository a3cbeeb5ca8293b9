// What does a person need to read before they confirm another policy? Each change in words, from the service's own records; what becomes looser first.
import { policyDifference, type PolicyChange } from "../appraise/policy-difference.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { VmRecord } from "./records.ts";

export function policySummary(vm: VmRecord, after: AppraisalPolicy, reason: string): readonly string[] {
  const version = vm.policyVersions[0]?.number ?? 0;
  const changes = policyDifference(vm.policy, after);
  const saying = (direction: PolicyChange["direction"], word: string): readonly string[] =>
    changes.filter((change) => change.direction === direction).map(({ title, sentence }) => `${word}: ${title}. ${sentence}.`);
  return [
    ...(vm.simulatedAnchors === undefined ? [] : ["SIMULATED: this VM proves nothing and protects nothing."]),
    `Change the policy of “${vm.name}” (${vm.id}) from version ${version} to version ${version + 1}?`,
    ...saying("looser", "LOOSER"),
    ...saying("stricter", "Stricter"),
    ...saying("changed", "Changed"),
    ...(changes.length === 0 ? ["Nothing that is judged changes."] : []),
    `Reason given: ${reason}`,
  ];
}
