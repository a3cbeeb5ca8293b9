// How does a VM become known? A name, its disks and policy make its configuration and disk keys: keys into the keychain first, then the
// record, so that no record names a key that is not there. Never returns a key.
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Fail, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { noHistory } from "../appraise/history.ts";
import { policyFromText } from "../appraise/policy-text.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { presets, simulatedPreset } from "../appraise/presets.ts";
import { configurationDigest, copyOfDisk, makeConfiguration } from "../launch/agent-configuration.ts";
import type { DiskKey } from "../release/grant.ts";
import { simulatedAnchorsFrom } from "./anchors.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import { deleteKeys, freshKey, wipeKeys, writeKeys } from "./keys.ts";
import type { Enrolment } from "./requests.ts";
import type { VmRecord } from "./records.ts";
import { keptPolicy, policyDigest } from "./policies.ts";
import { freshUuid } from "./uuid.ts";

export async function enrol(context: ManagerContext, enrolment: Enrolment): Promise<Result<VmRecord>> {
  const { store, keychain } = context.ports;
  const made = makeRecord(context, enrolment);
  if (!made.ok) return made;
  const vm = made.value;
  const taken = (): boolean => store.vms().some(({ name }) => sameName(name, vm.name));
  if (taken()) return fail(failure("enrolment.name-taken", vm.name));
  const keys = keysFor(context, enrolment);
  if (!keys.ok) return keys;
  try {
    // CRASH: if we stop after this, the keychain holds keys that no record names: they open nothing that exists.
    const written = await writeKeys(keychain, vm.id, keys.value);
    if (!written.ok) return written;
  } finally {
    wipeKeys(keys.value);
  }
  const committed = taken()
    ? fail(failure("enrolment.name-taken", vm.name))
    : context.ledger.commit(vmFacts("vm-enrolled", vm, keychain.backend), () => ({ vm, policy: keptPolicy(vm) }));
  // Where the answer is unknown the store is asked again: a record that is there needs its keys.
  if (committed.ok || store.vm(vm.id) !== undefined) return ok(vm);
  await deleteKeys(
    keychain,
    vm.id,
    vm.disks.map(({ id }) => id),
  );
  return committed;
}

/** Enabling a VM is also how an owner says that its failed opens were looked into. */
export function setEnabled({ ports, ledger }: ManagerContext, id: string, enabled: boolean): Result<VmRecord> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const changed = { ...vm, enabled, failedOpens: enabled ? 0 : vm.failedOpens };
  if (changed.enabled === vm.enabled && changed.failedOpens === vm.failedOpens) return ok(vm);
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend), () => ({ vm: changed }));
  return committed.ok ? ok(changed) : committed;
}

function makeRecord({ ports, options }: ManagerContext, enrolment: Enrolment): Result<VmRecord> {
  const name = enrolment.name.trim();
  if (name.length < 1 || name.length > maximumName || !/^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name)) return malformed("name");
  if (enrolment.simulated && options.simulatedAnchors === undefined) return fail(failure("enrolment.no-simulator"));
  const policy = policyFrom(enrolment);
  if (!policy.ok) return policy;
  const id = freshUuid(ports.random);
  const made = makeConfiguration({
    vm: id,
    manager: { endpoints: enrolment.endpoints, anchor: toHex(options.managerAnchor) },
    disks: enrolment.disks,
    retry,
  });
  if (!made.ok) return fail(failure("enrolment.malformed", made.failure.detail, made.failure));
  const digest = toHex(configurationDigest(made.value.bytes, ports.primitives));
  const now = ports.clock.now();
  return ok({
    id,
    name,
    createdAt: now,
    enabled: true,
    ...(enrolment.simulated && options.simulatedAnchors !== undefined
      ? { simulatedAnchors: simulatedAnchorsFrom(options.simulatedAnchors) }
      : {}),
    configurations: [{ digest, text: made.value.text, issuedAt: now }],
    disks: enrolment.disks.map(copyOfDisk),
    policy: policy.value,
    policyVersions: [{ number: 1, digest: policyDigest(policy.value, ports.primitives), since: now, reason: "enrolled with it" }],
    pins: [],
    bootSets: [],
    history: noHistory,
    failedOpens: 0,
  });
}

function policyFrom({ policy, preset, measurements, simulated }: Enrolment): Result<AppraisalPolicy> {
  if (!measurements.every((digest) => /^[0-9a-f]{96}$/.test(digest))) return malformed("measurements");
  if (preset !== undefined && (simulated || policy !== undefined)) return malformed("a preset for a simulated VM, or beside a policy");
  if (policy === undefined) {
    const references = measurements.map((digest) => ({ digest, label: "named at the enrolment" }));
    return ok(
      simulated ? simulatedPreset({ measurements: references }) : presets[preset ?? "standard"].policy({ measurements: references }),
    );
  }
  if (measurements.length > 0) return malformed("measurements beside a policy: name them in the policy");
  return policyFromText(policy);
}

/** Copies of the keys that were given, fresh ones for the others; all are to be wiped. */
function keysFor({ ports }: ManagerContext, { disks, keys }: Enrolment): Result<readonly DiskKey[]> {
  for (const [disk, given] of keys ?? []) {
    if (!disks.some(({ id }) => id === disk)) return malformed(`key for ${disk.slice(0, 64)}`);
    const length = given.use((bytes) => bytes.length);
    if (length < minimumKey || length > maximumKey) return malformed(`key of ${length} bytes for ${disk}`);
  }
  return ok(
    disks.map(({ id: disk }) => {
      const given = keys?.get(disk);
      return { disk, key: given === undefined ? freshKey(ports.random) : new Secret(given.use((bytes) => bytes.slice())) };
    }),
  );
}

function sameName(a: string, b: string): boolean {
  return a.normalize("NFKC").toLowerCase() === b.normalize("NFKC").toLowerCase();
}

function malformed(detail: string): Fail {
  return fail(failure("enrolment.malformed", detail));
}

/** A VM that boots before its owner is awake tries until it is approved. */
const retry = { firstDelaySeconds: 5, maximumDelaySeconds: 120, giveUpAfterSeconds: 0 };
const maximumName = 64;
/** A passphrase that is shorter can be guessed; a longer key does not fit the release (core/launch/decode.ts). */
const minimumKey = 16;
const maximumKey = 512;
