// Which boot files may the next launches of a VM have? A candidate is measured here, a person approves it ahead, and the owner retires it: each in one
// durable step with what it changes in the policy. Nothing that a candidate says of itself is believed, and a candidate lets nothing pass.
import { failure } from "../base/failure.ts";
import type { JsonObject } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { checkBootSet, isPrintable } from "../measure/boot-set-check.ts";
import { measureBootSet, type BootSet } from "../measure/boot-set.ts";
import { withoutMeasurement } from "../release/pins.ts";
import { aheadOf } from "./ahead.ts";
import { reasonFrom } from "./approvals.ts";
import { acceptedBy, policyWith, policyWithout } from "./boot-policy.ts";
import { bootSetSummary } from "./boot-summary.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import { keptPolicy, withPolicy } from "./policies.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";
import { freshUuid } from "./uuid.ts";

export interface BootSetCandidate {
  readonly vm: string;
  readonly label: string;
  readonly set: Omit<BootSet, "measurement">;
}

export interface BootSetQuestion {
  readonly vm: string;
  /** Of the boot set. */
  readonly id: string;
  readonly reason: string;
}

export interface BootSetApproval extends BootSetQuestion {
  /** The digest of the policy that the person saw as the current one, hex: a change in between is not overwritten. */
  readonly before: string;
}

/** What an approval would do, for whoever is to give it. */
export interface BootSetPreview {
  readonly vmName: string;
  /** Hex, 48 bytes. */
  readonly measurement: string;
  readonly summary: readonly string[];
  /** Digest of the policy that this was said of, hex. */
  readonly before: string;
}

type BootContext = Pick<ManagerContext, "ports" | "ledger">;

export function addBootSet(context: BootContext, { vm: id, label: words, set }: BootSetCandidate): Result<VmRecord> {
  const { ports } = context;
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const label = words.trim();
  if (!isPrintable(label, maximumLabel)) return fail(failure("boot.label"));
  const checked = checkBootSet(set);
  if (!checked.ok) return checked;
  const measured = measureBootSet(set, ports.primitives);
  if (!measured.ok) return measured;
  const inUse = vm.bootSets.filter(({ retiredAt }) => retiredAt === undefined);
  const twin = inUse.find((kept) => kept.set.measurement === measured.value.measurement);
  if (twin !== undefined) return fail(failure("boot.same-measurement", twin.label));
  if (inUse.some((kept) => sameLabel(kept.label, label))) return fail(failure("boot.label-taken", label));
  if (inUse.length >= maximumSets) return fail(failure("boot.too-many", String(maximumSets)));
  const added: KeptBootSet = { id: freshUuid(ports.random), label, set: measured.value, addedAt: ports.clock.now() };
  return commit(context, { ...vm, bootSets: withRoom([added, ...vm.bootSets]) }, { change: "boot-set-added", ...named(added) });
}

/** A candidate; what was ever approved stays in the record. */
export function removeBootSet(context: BootContext, { vm: id, id: bootSet }: Omit<BootSetQuestion, "reason">): Result<VmRecord> {
  const found = find(context, id, bootSet);
  if (!found.ok) return found;
  const { vm, kept } = found.value;
  if (kept.approvedAt !== undefined || kept.retiredAt !== undefined) return fail(failure("boot.approved", kept.label));
  return commit(context, { ...vm, bootSets: vm.bootSets.filter((one) => one !== kept) }, { change: "boot-set-removed", ...named(kept) });
}

/** SECURITY: as changing the policy, which it does: only for callers that hold the approve role. */
export function approveBootSet(context: BootContext, question: BootSetApproval): Result<VmRecord> {
  const { ports } = context;
  const found = findCandidate(context, question);
  if (!found.ok) return found;
  const { vm, kept } = found.value;
  const reason = reasonFrom(question.reason);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  const policy = policyWith(vm, kept, ports.store);
  if (!policy.ok) return policy;
  const next = withPolicy(ports, vm, { policy: policy.value, before: question.before }, reason);
  if (!next.ok) return next;
  const approved: KeptBootSet = { ...kept, approvedAt: ports.clock.now(), approvalReason: reason };
  // CRASH: one commit, so that no policy names a measurement that nobody approved, and no approval is without its policy.
  return commit(context, replacing(next.value, kept, approved), { change: "boot-set-approved", ...named(kept), reason });
}

/** Stricter, never looser: what it let pass is refused from now on, and asked about where the policy compares no measurement. */
export function retireBootSet(context: BootContext, { vm: id, id: bootSet, reason: words }: BootSetQuestion): Result<VmRecord> {
  const { ports } = context;
  const found = find(context, id, bootSet);
  if (!found.ok) return found;
  const { vm, kept } = found.value;
  const reason = reasonFrom(words);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  const { measurement } = kept.set;
  if (kept.retiredAt !== undefined) return fail(failure("boot.retired", kept.label));
  if (kept.approvedAt === undefined && !isAccepted(found.value)) return fail(failure("boot.not-approved", kept.label));
  // It would go on to pass, and whoever retired it would believe that it does not.
  if (acceptedBy(vm.policy) === undefined && vm.policy.release === "automatic") return fail(failure("boot.not-compared", kept.label));
  const policy = policyWithout(vm, measurement);
  if (!policy.ok) return policy;
  const next = withPolicy(ports, vm, { policy: policy.value, before: vm.policyVersions[0]?.digest ?? "" }, reason);
  if (!next.ok) return next;
  const retired = replacing(next.value, kept, { ...kept, retiredAt: ports.clock.now() });
  const [successor] = aheadOf(retired, ports.primitives);
  const pins = withoutMeasurement(vm.pins, measurement, successor);
  return commit(context, { ...retired, pins }, { change: "boot-set-retired", ...named(kept), reason });
}

export function previewBootSet(context: Pick<BootContext, "ports">, question: Omit<BootSetQuestion, "reason">): Result<BootSetPreview> {
  const found = findCandidate(context, question);
  if (!found.ok) return found;
  const { vm, kept } = found.value;
  const policy = policyWith(vm, kept, context.ports.store);
  if (!policy.ok) return policy;
  return ok({
    vmName: vm.name,
    measurement: kept.set.measurement,
    summary: bootSetSummary(vm, kept, policy.value),
    before: vm.policyVersions[0]?.digest ?? "",
  });
}

interface Found {
  readonly vm: VmRecord;
  readonly kept: KeptBootSet;
}

/** One that may be approved, also once more where the policy was changed meanwhile and does not name it. */
function findCandidate(context: Pick<BootContext, "ports">, { vm, id }: Omit<BootSetQuestion, "reason">): Result<Found> {
  const found = find(context, vm, id);
  if (!found.ok) return found;
  const { kept } = found.value;
  if (kept.retiredAt !== undefined) return fail(failure("boot.retired", kept.label));
  const inForce = kept.approvedAt !== undefined && isAccepted(found.value);
  return inForce ? fail(failure("boot.already-approved", kept.label)) : found;
}

function find({ ports }: Pick<BootContext, "ports">, id: string, bootSet: string): Result<Found> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const kept = vm.bootSets.find((one) => one.id === bootSet);
  return kept === undefined ? fail(failure("boot.unknown", bootSet)) : ok({ vm, kept });
}

function isAccepted({ vm, kept }: Found): boolean {
  return acceptedBy(vm.policy)?.some(({ digest }) => digest === kept.set.measurement) === true;
}

function replacing(vm: VmRecord, kept: KeptBootSet, by: KeptBootSet): VmRecord {
  return { ...vm, bootSets: vm.bootSets.map((one) => (one === kept ? by : one)) };
}

function commit({ ports, ledger }: BootContext, changed: VmRecord, change: JsonObject): Result<VmRecord> {
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend, change), () => ({
    vm: changed,
    policy: keptPolicy(changed),
  }));
  return committed.ok ? ok(changed) : committed;
}

function named({ id, label, set: { measurement } }: KeptBootSet): JsonObject {
  return { bootSet: id, label, measurement };
}

/** The oldest retired ones make room: the audit log remembers them. */
function withRoom(sets: readonly KeptBootSet[]): readonly KeptBootSet[] {
  const spare = sets.length - maximumSets;
  if (spare <= 0) return sets;
  const dropped = new Set(sets.filter(({ retiredAt }) => retiredAt !== undefined).slice(-spare));
  return sets.filter((one) => !dropped.has(one));
}

function sameLabel(a: string, b: string): boolean {
  return a.normalize("NFKC").toLowerCase() === b.normalize("NFKC").toLowerCase();
}

const maximumSets = 64;
/** As a reference value in a policy has it (core/appraise/policy-form.ts). */
const maximumLabel = 100;
