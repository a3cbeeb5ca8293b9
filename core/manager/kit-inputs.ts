// What is a VM's kit made from? Its plan, one of its boot sets, and the newest configuration that is still accepted, all from its own record.
// Signs nothing: the ID block comes in from whoever may sign (id-blocks.ts).
import { fromHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { KitInput } from "../kit/launch-kit.ts";
import { usualSet } from "./ahead.ts";
import { acceptedOf } from "./configurations.ts";
import { allowedPermissions, permissionFault } from "./host-plans.ts";
import type { KeptBootSet, KeptPlan, VmRecord } from "./records.ts";

export interface KitParts {
  readonly input: Omit<KitInput, "idBlock">;
  readonly plan: KeptPlan;
  readonly kept: KeptBootSet;
  /** By a person, ahead, and still. */
  readonly isApproved: boolean;
}

/** @param bootSet id of one of the VM's sets; where it is not given, the newest approved one, or else the newest. */
export function kitParts(vm: VmRecord, bootSet?: string): Result<KitParts> {
  const plan = vm.hostPlan;
  if (plan === undefined) return fail(failure("kit.no-plan"));
  // The appraisal policy may have become stricter since the plan was set.
  const fault = permissionFault(plan, vm.policy);
  if (fault !== undefined) return fail(fault);
  const kept = bootSet === undefined ? usualSet(vm.bootSets) : vm.bootSets.find(({ id }) => id === bootSet);
  if (kept === undefined) return fail(failure("kit.no-boot-set", bootSet));
  if (kept.retiredAt !== undefined) return fail(failure("kit.boot-set-retired", kept.label));
  const configuration = acceptedOf(vm)[0];
  const hostData = configuration === undefined ? undefined : fromHex(configuration.digest);
  if (configuration === undefined || hostData === undefined) return fail(failure("kit.no-configuration"));
  return ok({
    input: {
      vm: { id: vm.id, name: vm.name },
      plan,
      set: kept.set,
      configuration: configuration.text,
      hostData,
      allowed: allowedPermissions(vm.policy),
    },
    plan,
    kept,
    isApproved: kept.approvedAt !== undefined,
  });
}
