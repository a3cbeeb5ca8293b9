// How does a VM get another agent configuration? Beside those that it has, which stay accepted until the owner retires them. New disks get fresh
// keys, into the keychain first, so that no record names a key that is not there. A key that is kept is never written over. Never returns a key.
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { configurationDigest, makeConfiguration, type CanonicalConfiguration, type RetryPlan } from "../launch/agent-configuration.ts";
import type { DiskKey } from "../release/grant.ts";
import { reasonFrom } from "./approvals.ts";
import { acceptedOf, currentConfiguration, disksOf, readConfiguration } from "./configurations.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import { deleteKeys, diskAccount, freshKey, wipeKeys, writeKeys } from "./keys.ts";
import type { DiskSpec, VmRecord } from "./records.ts";

export interface ConfigurationQuestion {
  readonly vm: string;
  /** host:port, tried in order. */
  readonly endpoints: readonly string[];
  /** All that an agent with this configuration may open. */
  readonly disks: readonly DiskSpec[];
  /** That of the configuration to launch with now, where it is not given. */
  readonly retry?: RetryPlan;
  readonly reason: string;
}

/** The same bytes again change nothing; those of an older accepted one make it the one to launch with again. */
export async function issueConfiguration(context: ManagerContext, question: ConfigurationQuestion): Promise<Result<VmRecord>> {
  const { beingIssued } = context;
  // One at a time for each VM: two that add the same disk would each write a key for it, and one could delete the other's.
  if (beingIssued.has(question.vm)) return fail(failure("configuration.being-issued"));
  beingIssued.add(question.vm);
  try {
    return await issue(context, question);
  } finally {
    beingIssued.delete(question.vm);
  }
}

async function issue(context: ManagerContext, question: ConfigurationQuestion): Promise<Result<VmRecord>> {
  const { store, keychain } = context.ports;
  const planned = planOf(context, question);
  if (!planned.ok || planned.value.changed === undefined) return planned.ok ? ok(planned.value.vm) : planned;
  const { vm, digest } = planned.value;
  const written = await writeFreshKeys(context, vm.id, newDisks(vm, question.disks));
  if (!written.ok) return written;
  // As it is now: launches, policies and retirements have changed the record while the keychain was asked.
  const now = planOf(context, question);
  const committed = now.ok ? commit(context, now.value, question) : now;
  if (committed.ok) return committed;
  // Where the answer is unknown the store is asked again: a record that is there needs its keys.
  const kept = store.vm(vm.id);
  if (kept?.configurations.some((configuration) => configuration.digest === digest) === true) return ok(kept);
  await deleteKeys(keychain, vm.id, written.value);
  return committed;
}

interface Plan {
  readonly vm: VmRecord;
  readonly digest: string;
  /** Undefined where there is nothing to change. */
  readonly changed: VmRecord | undefined;
}

function planOf(
  { ports, options }: ManagerContext,
  { vm: id, endpoints, disks, retry, reason: words }: ConfigurationQuestion,
): Result<Plan> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const reason = reasonFrom(words);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  const current = readConfiguration(currentConfiguration(vm));
  if (!current.ok) return current;
  const manager = { endpoints, anchor: toHex(options.managerAnchor) };
  const made = makeConfiguration({ vm: id, manager, disks, retry: retry ?? current.value.retry });
  if (!made.ok) return fail(failure("configuration.malformed", made.failure.detail, made.failure));
  const digest = toHex(configurationDigest(made.value.bytes, ports.primitives));
  const { configurations } = vm;
  const before = configurations.find((configuration) => configuration.digest === digest);
  if (before?.retiredAt !== undefined) return fail(failure("configuration.retired-before", digest));
  if (before !== undefined && before === currentConfiguration(vm)) return ok({ vm, digest, changed: undefined });
  if (before === undefined && acceptedOf(vm).length >= maximumAccepted)
    return fail(failure("configuration.too-many", String(maximumAccepted)));
  if (before === undefined && configurations.length >= maximumKept)
    return fail(failure("configuration.too-many-kept", String(maximumKept)));
  return ok({ vm, digest, changed: withConfiguration(vm, made.value, { digest, issuedAt: ports.clock.now(), reason }) });
}

function withConfiguration(
  vm: VmRecord,
  { text, configuration }: CanonicalConfiguration,
  { digest, issuedAt, reason }: { readonly digest: string; readonly issuedAt: number; readonly reason: string },
): VmRecord {
  const others = vm.configurations.filter((one) => one.digest !== digest);
  return { ...vm, configurations: [{ digest, text, issuedAt, reason }, ...others], disks: disksOf(configuration) };
}

function commit({ ports, ledger }: ManagerContext, { vm, digest, changed }: Plan, { reason }: ConfigurationQuestion): Result<VmRecord> {
  if (changed === undefined) return ok(vm);
  const change = { change: "configuration-issued", changed: digest, reason: reason.trim() };
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend, change), () => ({ vm: changed }));
  return committed.ok ? ok(changed) : committed;
}

/** A disk that any configuration ever named has its key already, for whoever formatted it relied on that. */
function newDisks({ configurations }: VmRecord, disks: readonly DiskSpec[]): readonly string[] {
  const known = new Set(
    configurations.flatMap((issued) => {
      const read = readConfiguration(issued);
      return read.ok ? read.value.disks.map(({ id }) => id) : [];
    }),
  );
  return disks.flatMap(({ id }) => (known.has(id) ? [] : [id]));
}

/** All or none. @returns the disks whose keys were written; one that the keychain holds a key for keeps it, whoever wrote it. */
async function writeFreshKeys({ ports }: ManagerContext, vm: string, disks: readonly string[]): Promise<Result<readonly string[]>> {
  const { keychain, random } = ports;
  const without: string[] = [];
  for (const disk of disks) {
    const there = await keychain.getSecret(diskAccount(vm, disk));
    if (there.ok) there.value.wipe();
    else if (there.failure.code === "keychain.no-such-key") without.push(disk);
    else return there;
  }
  const keys: readonly DiskKey[] = without.map((disk) => ({ disk, key: freshKey(random) }));
  try {
    // CRASH: if we stop after this, the keychain holds keys that no record names: they open nothing that exists, and the next configuration
    // that names their disks takes them over.
    const written = await writeKeys(keychain, vm, keys);
    return written.ok ? ok(without) : written;
  } finally {
    wipeKeys(keys);
  }
}

/** Hosts that are moved one by one have two or three at a time. */
const maximumAccepted = 16;
/** Retired ones among them: they name the disks that have keys. One a month for ten years. */
const maximumKept = 128;
