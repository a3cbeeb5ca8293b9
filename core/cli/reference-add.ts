// What `portcullis reference add` does: verified reference values into a VM's policy, by the same way as `vm set-policy`: the difference
// first, then a yes, then the change.
import { policyFromText } from "../appraise/policy-text.ts";
import { verifyReferences, withReferences } from "../appraise/reference-values/references.ts";
import { canonicalJson } from "../base/json.ts";
import { systemClock } from "../node/clock.ts";
import { nodePrimitives } from "../node/primitives.ts";
import { findVm, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import type { ExitCode, Output } from "./output.ts";
import { keyFrom, referencesFrom } from "./reference-run.ts";
import { changePolicy } from "./vm-policy.ts";

export interface AddOptions extends ManagerOptions {
  readonly signedBy: string;
  readonly reason: string;
  readonly yes?: boolean;
}

export async function add(
  api: ManagerClient,
  output: Output,
  name: string,
  file: string,
  { signedBy, reason, yes }: AddOptions,
): Promise<ExitCode> {
  const key = keyFrom(signedBy);
  if (!key.ok) return output.refuse(key.failure);
  const read = referencesFrom(file);
  if (!read.ok) return output.refuse(read.failure);
  const verified = verifyReferences(read.value, key.value, systemClock.now(), nodePrimitives);
  if (!verified.ok) return output.refuse(verified.failure);
  for (const line of verified.value.notTaken) output.note(`Not taken: ${line}.`);
  const id = await findVm(api, name);
  if (!id.ok) return output.refuse(id.failure);
  const vm = await api.vms.get({ id: id.value });
  const policy = policyFromText(vm.policy);
  if (!policy.ok) return output.refuse(policy.failure);
  const wider = withReferences(policy.value, verified.value);
  if (!wider.ok) return output.refuse(wider.failure);
  return changePolicy(api, output, vm, canonicalJson(wider.value), { reason, yes });
}
