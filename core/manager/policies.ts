// How does a VM's policy change? As a new version with a reason; the old one stays as it was, under its digest, for whoever audits a launch that it judged.
// Only a host that a person has authenticated may call this: a policy says who gets keys.
import { failure } from "../base/failure.ts";
import type { Primitives } from "../base/crypto.ts";
import { canonicalBytes, canonicalJson } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { toHex } from "../base/bytes.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { aheadIds } from "./ahead.ts";
import { reasonFrom } from "./approvals.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import type { Batch, ManagerPorts } from "./ports.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

export interface PolicyChangeQuestion {
  readonly vm: string;
  readonly policy: AppraisalPolicy;
  /** The digest of the policy that the person saw as the current one, hex: a change in between is not overwritten. */
  readonly before: string;
  readonly reason: string;
}

export function changePolicy({ ports, ledger }: ManagerContext, question: PolicyChangeQuestion): Result<VmRecord> {
  const vm = ports.store.vm(question.vm);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", question.vm));
  const reason = reasonFrom(question.reason);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  const next = withPolicy(ports, vm, question, reason);
  if (!next.ok) return next;
  const changed = next.value;
  if (changed === vm) return ok(vm);
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend), () => ({
    vm: changed,
    policy: keptPolicy(changed),
  }));
  return committed.ok ? ok(changed) : committed;
}

/** The VM with another version of its policy, and nothing written yet; the VM as it is where nothing would change. */
export function withPolicy(
  { clock, primitives }: Pick<ManagerPorts, "clock" | "primitives">,
  vm: VmRecord,
  { policy, before }: Pick<PolicyChangeQuestion, "policy" | "before">,
  reason: string,
): Result<VmRecord> {
  const [current, ...earlier] = vm.policyVersions;
  if (current === undefined) throw new Error("a VM without a policy");
  if (current.digest !== before) return fail(failure("policy.changed-meanwhile", `version ${current.number}`));
  const digest = policyDigest(policy, primitives);
  if (digest === current.digest) return ok(vm);
  if (earlier.length + 1 >= maximumVersions) return fail(failure("policy.too-many-versions", String(maximumVersions)));
  const version = { number: current.number + 1, digest, since: clock.now(), reason };
  return ok({ ...vm, policy, policyVersions: [version, current, ...earlier] });
}

/** The next launch of the VM is a first one again: a person approves it. What was approved ahead is a candidate again; the policy stays. */
export function forgetApprovals({ ports, ledger }: ManagerContext, id: string): Result<VmRecord> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  if (vm.pins.length === 0 && aheadIds(vm).length === 0) return ok(vm);
  const bootSets = vm.bootSets.map((kept) => (kept.retiredAt === undefined ? candidateAgain(kept) : kept));
  const changed: VmRecord = { ...vm, pins: [], bootSets };
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend), () => ({ vm: changed }));
  return committed.ok ? ok(changed) : committed;
}

function candidateAgain(kept: KeptBootSet): KeptBootSet {
  const { approvedAt: _, approvalReason: __, ...candidate } = kept;
  return candidate;
}

/** SHA-384 of the canonical JSON, hex: as an attestation result names it. */
export function policyDigest(policy: AppraisalPolicy, primitives: Primitives): string {
  return toHex(primitives.digest("sha384", canonicalBytes(policy)));
}

export function keptPolicy({ policy, policyVersions: [version] }: VmRecord): NonNullable<Batch["policy"]> {
  if (version === undefined) throw new Error("a VM without a policy");
  return { digest: version.digest, text: canonicalJson(policy) };
}

/** One change a day for two years; afterwards the VM is enrolled anew. */
const maximumVersions = 1_000;
