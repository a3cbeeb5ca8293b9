// A store that fails on demand, over one that does not: a commit that was not applied, and the worse kind, one that was applied although
// its answer says that nobody knows.
import { failure } from "../../core/base/failure.ts";
import { fail, type Result } from "../../core/base/result.ts";
import type { AuditTip, SealedEntry } from "../../core/audit/entry.ts";
import type { Batch, LaunchQuery, Store } from "../../core/manager/ports.ts";
import type { IdKeyRecord } from "../../core/manager/id-key-records.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";

export type StoreFault = "not-applied" | "applied" | "unknown-not-applied" | "disk-full";

export class FaultyStore implements Store {
  readonly #store: Store;
  #faults: StoreFault[] = [];
  #progressFails = false;
  #detached = false;
  /** How often a fault was met. */
  met = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The next commits fail like this, one each. */
  failNext(...faults: readonly StoreFault[]): void {
    this.#faults.push(...faults);
  }

  failProgress(fails: boolean): void {
    this.#progressFails = fails;
  }

  /** The process that held this store is dead: nothing that it still tries arrives. */
  detach(): void {
    this.#detached = true;
  }

  heal(): void {
    this.#faults = [];
    this.#progressFails = false;
  }

  commit(batch: Batch): Result<void> {
    if (this.#detached) return fail(failure("store.not-applied", "the process is dead"));
    const fault = this.#faults.shift();
    if (fault === undefined) return this.#store.commit(batch);
    this.met++;
    if (fault === "not-applied") return fail(failure("store.not-applied"));
    if (fault === "disk-full") return fail(failure("store.disk-full"));
    if (fault === "applied") {
      const applied = this.#store.commit(batch);
      if (!applied.ok) return applied;
    }
    return fail(failure("store.answer-unknown"));
  }

  saveProgress(launch: LaunchRecord): Result<void> {
    return this.#progressFails || this.#detached ? fail(failure("store.not-applied")) : this.#store.saveProgress(launch);
  }

  vms(): readonly VmRecord[] {
    return this.#store.vms();
  }

  vm(id: string): VmRecord | undefined {
    return this.#store.vm(id);
  }

  launch(id: string): LaunchRecord | undefined {
    return this.#store.launch(id);
  }

  launches(query: LaunchQuery): readonly LaunchRecord[] {
    return this.#store.launches(query);
  }

  policy(digest: string): string | undefined {
    return this.#store.policy(digest);
  }

  idKeys(): readonly IdKeyRecord[] {
    return this.#store.idKeys();
  }

  signedBlock(digest: string): Uint8Array | undefined {
    return this.#store.signedBlock(digest);
  }

  auditTip(): AuditTip {
    return this.#store.auditTip();
  }

  auditEntries(sequence: number, limit: number): readonly SealedEntry[] {
    return this.#store.auditEntries(sequence, limit);
  }

  setting(name: string): string | undefined {
    return this.#store.setting(name);
  }

  saveSetting(name: string, value: string): Result<void> {
    return this.#store.saveSetting(name, value);
  }

  collateral(name: string): Uint8Array | undefined {
    return this.#store.collateral(name);
  }

  saveCollateral(name: string, bytes: Uint8Array): Result<void> {
    return this.#store.saveCollateral(name, bytes);
  }
}
