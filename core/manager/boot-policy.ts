// What does a VM's policy demand after a boot set was approved or retired? The measurements that it accepts, one more or one fewer, and nothing else.
// Where it compared none, those of the launches that were approved stay: an update never stops a boot.
import { parsePolicy } from "../appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { ReferenceValue } from "../appraise/policy-demands.ts";
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { parseReport } from "../snp/report.ts";
import type { Store } from "./ports.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

/** The policy itself where it accepts the measurement already. */
export function policyWith(
  vm: VmRecord,
  { label, set: { measurement } }: KeptBootSet,
  store: Pick<Store, "launch">,
): Result<AppraisalPolicy> {
  const known = acceptedBy(vm.policy) ?? shownBefore(vm, store);
  if (acceptedBy(vm.policy)?.some(({ digest }) => digest === measurement) === true) return ok(vm.policy);
  const others = known.filter(({ digest }) => digest !== measurement);
  return parsePolicy(demanding(vm.policy, [...others, { digest: measurement, label }]));
}

/** The policy itself where it does not name the measurement. `boot.last`. */
export function policyWithout({ policy }: Pick<VmRecord, "policy">, measurement: string): Result<AppraisalPolicy> {
  const accepted = acceptedBy(policy);
  const left = accepted?.filter(({ digest }) => digest !== measurement);
  if (accepted === undefined || left === undefined || left.length === accepted.length) return ok(policy);
  return left.length === 0 ? fail(failure("boot.last")) : ok(demanding(policy, left));
}

/** Undefined where measurements are not compared. */
export function acceptedBy({ checks: { measurement } }: AppraisalPolicy): readonly ReferenceValue[] | undefined {
  return "require" in measurement ? measurement.require : undefined;
}

/** What approved launches and those that were given the keys have shown. Not zeros, which simulated guests show: they name no image. */
export function shownBefore({ pins, history }: VmRecord, store: Pick<Store, "launch">): readonly ReferenceValue[] {
  const pinned = pins.map(({ measurement, launch }) => ({ digest: measurement, label: `approved in launch ${launch}` }));
  const given = history.instances.flatMap(({ launch }) => {
    const report = store.launch(launch)?.report;
    const read = report === undefined ? undefined : parseReport(report);
    return read?.ok === true ? [{ digest: toHex(read.value.measurement), label: `given keys in launch ${launch}` }] : [];
  });
  const shown = new Map<string, ReferenceValue>();
  for (const value of [...pinned, ...given]) if (!/^0+$/.test(value.digest) && !shown.has(value.digest)) shown.set(value.digest, value);
  return [...shown.values()];
}

function demanding(policy: AppraisalPolicy, references: readonly ReferenceValue[]): AppraisalPolicy {
  return { ...policy, checks: { ...policy.checks, measurement: { require: references } } };
}
