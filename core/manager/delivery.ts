// The way of a key: read, decided, durable, granted, sealed, wiped; then what became of it. In this order and no other
// (docs/protocol.md, "What must always hold", 1 and 3). One release for each launch; nothing here can be done twice.
import { withRelease } from "../appraise/history.ts";
import { toHex } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure, type Failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { DiskOutcome } from "../launch/messages.ts";
import { commitRelease, type CommittedDecision } from "../release/committed.ts";
import type { PinnedBy } from "../release/decide.ts";
import { grantKeys, type DiskKey } from "../release/grant.ts";
import { withPin } from "../release/pins.ts";
import { sealKeys, type SealedKey } from "../release/seal.ts";
import { attestedDisks } from "./configurations.ts";
import type { ManagerContext } from "./context.ts";
import { deliveryUnknownFacts, outcomeFacts, releasedFacts } from "./facts.ts";
import { readKeys, wipeKeys } from "./keys.ts";
import type { Launch } from "./launch.ts";
import type { LaunchDecision, LaunchRecord, LaunchState, VmRecord } from "./records.ts";

export class Delivery {
  readonly #context: ManagerContext;
  readonly #launch: Launch;
  #committed: { readonly decision: CommittedDecision; readonly keys: readonly DiskKey[] } | undefined;

  constructor(context: ManagerContext, launch: Launch) {
    this.#context = context;
    this.#launch = launch;
  }

  /** Ok: the decision to release is durable, and its keys are in hand. */
  async commitRelease(): Promise<Result<void>> {
    const launch = this.#launch;
    const { keychain } = this.#context.ports;
    const attested = this.#attestedDisks();
    if (!attested.ok) return this.#refuseInstead(attested.failure);
    const disks = attested.value;
    // Before the decision: a keychain that is locked must not use up a release.
    const keys = await readKeys(keychain, launch.vm, disks);
    // Replaced, disabled, or the peer went, while the keychain was asked.
    if (launch.over) {
      if (keys.ok) wipeKeys(keys.value);
      return fail(failure("approval.launch-ended"));
    }
    if (!keys.ok) return this.#refuseInstead(keys.failure);
    try {
      const decided = this.#decideAndCommit(disks);
      if (!decided.ok) return decided;
      this.#committed = { decision: decided.value, keys: keys.value };
    } finally {
      // A store that throws is no reason to keep them either.
      if (this.#committed === undefined) wipeKeys(keys.value);
    }
    launch.settle(ok(launch.record));
    return ok(undefined);
  }

  /** Wipes the keys, whatever happens. */
  async seal(): Promise<Result<readonly SealedKey[]>> {
    const committed = this.#committed;
    const inHand = this.#launch.inHand;
    this.#committed = undefined;
    if (committed === undefined || inHand === undefined) throw new Error("sealing without a committed decision");
    try {
      const grant = grantKeys(committed.decision, committed.keys);
      return await sealKeys(grant, { publicKey: inHand.sealingKey, info: inHand.hpkeInfo, random: this.#context.ports.random });
    } finally {
      wipeKeys(committed.keys);
    }
  }

  /** @param why given where the keys could not be sealed: nothing left, so it does not count against the VM. */
  commitOutcome(disks: readonly DiskOutcome[], why?: Failure): Result<void> {
    const opened = why === undefined && disks.length > 0 && disks.every((disk) => disk.opened);
    const failedOpens = why === undefined ? (opened ? () => 0 : addOne) : undefined;
    const outcome: Partial<LaunchRecord> = { outcome: disks, ...(why === undefined ? {} : { code: why.code }) };
    // CRASH: until this is written the release stands without an outcome; recovery then writes "delivery unknown".
    return this.#finish(outcomeFacts(this.#launch.record, disks, why), opened ? "opened" : "open-failed", outcome, failedOpens);
  }

  /** What the store does not take now is written by unsettled.ts, or by recovery.ts. */
  commitDeliveryUnknown(why: Failure): void {
    // The session ended between the commit and its answer: unsettled.ts has written it already, and it counts once.
    if (this.#launch.over) return;
    this.#finish(deliveryUnknownFacts(this.#launch.record, why.code), "delivery-unknown", { code: why.code }, addOne);
  }

  end(): void {
    if (this.#committed !== undefined) wipeKeys(this.#committed.keys);
    this.#committed = undefined;
  }

  /** SECURITY: not the newest disks of the record, but those of the configuration that the CPU says this VM was started with. */
  #attestedDisks(): Result<readonly string[]> {
    const { inHand, vm: id } = this.#launch;
    if (inHand === undefined) throw new Error("a release without evidence");
    const { store, primitives } = this.#context.ports;
    const vm = store.vm(id);
    return vm === undefined ? fail(failure("release.vm-unknown")) : attestedDisks(vm, toHex(inHand.report.hostData), primitives);
  }

  /** No await in here: nothing can change between the answer and the commit. */
  #decideAndCommit(disks: readonly string[]): Result<CommittedDecision> {
    const launch = this.#launch;
    const { inHand, approval, record } = launch;
    const decision = launch.decide();
    if (inHand === undefined || record.evidenceDigest === undefined) throw new Error("a release without evidence");
    if (decision.verdict === "refuse") return this.#refuseInstead(decision.failure);
    // A person approved something else than what is in hand: launch.ts would have asked them again.
    if (decision.verdict === "person") return this.#refuseInstead(failure("approval.claims-changed"));
    const { waitUntil: _, ...rest } = record;
    let released: LaunchRecord = record;
    const facts = releasedFacts(
      record,
      disks,
      inHand.grounds,
      decision.by === "person" ? approval : undefined,
      decision.by === "policy" ? decision.pin : undefined,
    );
    const decided = { launch: record.id, vm: record.vm, evidenceDigest: record.evidenceDigest, disks };
    const committed = commitRelease(decided, () =>
      this.#context.ledger.commit(facts, (entry, at) => {
        const person =
          decision.by === "person" ? { reason: decision.approval.reason, approvedEvidence: decision.approval.evidenceDigest } : {};
        const pinned = decision.by === "policy" && decision.pin !== undefined ? pinnedRecord(decision.pin) : {};
        released = {
          ...rest,
          state: "released",
          updatedAt: at,
          decision: { verdict: "release", at, by: decision.by, ...person, ...pinned, entry },
        };
        return { launch: released, ...this.#remembered(decision.by, at) };
      }),
    );
    if (committed.ok) launch.committed(released);
    else launch.settle(committed);
    return committed;
  }

  /** With the decision itself, so that no release is forgotten and no approval is pinned that was not durable. */
  #remembered(by: "policy" | "person", at: Instant): { readonly vm?: VmRecord } {
    const { inHand, id, vm: vmId } = this.#launch;
    const vm = this.#context.ports.store.vm(vmId);
    if (vm === undefined || inHand === undefined) return {};
    const pins =
      by === "person" && vm.policy.release === "first-launch-manual" ? withPin(vm.pins, inHand.result.identity, id, at) : vm.pins;
    return { vm: { ...vm, pins, history: withRelease(vm.history, inHand.report, id, at) } };
  }

  #refuseInstead(why: Failure): { readonly ok: false; readonly failure: Failure } {
    const refused = this.#launch.commitRefusal(why);
    return refused.ok ? fail(why) : refused;
  }

  #finish(
    facts: Parameters<ManagerContext["ledger"]["commit"]>[0],
    state: LaunchState,
    changes: Partial<LaunchRecord>,
    failedOpens: ((before: number) => number) | undefined,
  ): Result<void> {
    const launch = this.#launch;
    const vm = this.#context.ports.store.vm(launch.vm);
    let finished: LaunchRecord = launch.record;
    const committed = this.#context.ledger.commit(facts, (_, at) => {
      finished = { ...launch.record, ...changes, state, updatedAt: at };
      return {
        launch: finished,
        ...(vm === undefined || failedOpens === undefined ? {} : { vm: { ...vm, failedOpens: failedOpens(vm.failedOpens) } }),
      };
    });
    if (!committed.ok) return committed;
    launch.committed(finished);
    return ok(undefined);
  }
}

function pinnedRecord({ launch, ahead }: PinnedBy): Pick<LaunchDecision, "pinnedBy" | "bootSet"> {
  return { pinnedBy: launch.launch, ...(ahead === undefined ? {} : { bootSet: { id: ahead.bootSet, label: ahead.label } }) };
}

function addOne(before: number): number {
  return before + 1;
}
