// THE durable step: one audit entry and the records that go with it, in one synced transaction. docs/protocol.md, "What must always hold",
// 1. Ok means durable; anything else means that nothing may follow from it.
import { sealEntry, type AuditFacts } from "../audit/entry.ts";
import type { Instant } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { Change } from "./requests.ts";
import type { Batch, ManagerPorts } from "./ports.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";

export interface Records {
  readonly launch?: LaunchRecord;
  readonly vm?: VmRecord;
  readonly policy?: Batch["policy"];
  readonly idKey?: Batch["idKey"];
  readonly removedIdKey?: Batch["removedIdKey"];
  readonly signedBlock?: Batch["signedBlock"];
}

export class Ledger {
  readonly #ports: ManagerPorts;
  readonly #notify: (change: Change) => void;

  constructor(ports: ManagerPorts, notify: (change: Change) => void) {
    this.#ports = ports;
    this.#notify = notify;
  }

  /**
   * @param records made once the entry's sequence and time are known.
   * @returns the entry's sequence. After `store.answer-unknown` the caller fails closed; what the store then holds is read again by
   * unsettled.ts, and the tip is read anew for every entry, so that the next one follows whatever was really written.
   */
  commit(facts: AuditFacts, records: (entry: number, at: Instant) => Records): Result<number> {
    const { store, clock, primitives, log } = this.#ports;
    const at = clock.now();
    const entry = sealEntry(store.auditTip(), at, facts, primitives);
    const { launch, vm, policy, idKey, removedIdKey, signedBlock } = records(entry.sequence, at);
    // CRASH: before this line nothing was decided. Inside it, the store holds all of the batch or none of it. After it, the decision
    // stands: recovery.ts finds a release without an outcome and writes "delivery unknown".
    const committed = store.commit({
      entry,
      ...(launch === undefined ? {} : { launch }),
      ...(vm === undefined ? {} : { vm }),
      ...(policy === undefined ? {} : { policy }),
      ...(idKey === undefined ? {} : { idKey }),
      ...(removedIdKey === undefined ? {} : { removedIdKey }),
      ...(signedBlock === undefined ? {} : { signedBlock }),
    });
    if (!committed.ok) {
      log.write("error", "store.commit-failed", { code: committed.failure.code, reason: facts.kind });
      return committed;
    }
    log.write("info", `audit.${facts.kind}`, { sequence: entry.sequence, ...(launch === undefined ? {} : { launch: launch.id }) });
    this.#tell({ launch, vm });
    return ok(entry.sequence);
  }

  /** Not synced and not audited: what a console shows of a launch before its decision. */
  saveProgress(launch: LaunchRecord): Result<void> {
    const saved = this.#ports.store.saveProgress(launch);
    if (saved.ok) this.#tell({ launch });
    else this.#ports.log.write("error", "store.progress-failed", { code: saved.failure.code, launch: launch.id });
    return saved;
  }

  #tell({ launch, vm }: { readonly launch?: LaunchRecord | undefined; readonly vm?: VmRecord | undefined }): void {
    if (launch !== undefined) this.#notify({ kind: "launch", id: launch.id });
    if (vm !== undefined) this.#notify({ kind: "vm", id: vm.id });
  }
}
