// A Store in memory with the semantics of the real one (core/node/store): one transaction a commit, the chain's tip checked, a decided
// launch changed only together with an audit entry. What is not synced may be lost in a crash; the disk outlives the store.
import { emptyTip, type AuditTip, type SealedEntry } from "../../core/audit/entry.ts";
import { equalBytes } from "../../core/base/bytes.ts";
import { failure } from "../../core/base/failure.ts";
import { fail, ok, type Result } from "../../core/base/result.ts";
import type { Batch, LaunchQuery, Store } from "../../core/manager/ports.ts";
import type { IdKeyRecord } from "../../core/manager/id-key-records.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";

export class MemoryDisk {
  readonly vms = new Map<string, VmRecord>();
  /** In order of their start. */
  readonly launches = new Map<string, LaunchRecord>();
  readonly entries: SealedEntry[] = [];
  readonly policies = new Map<string, string>();
  readonly idKeys = new Map<string, IdKeyRecord>();
  readonly signedBlocks = new Map<string, Uint8Array>();
  readonly settings = new Map<string, string>();
  readonly collateral = new Map<string, Uint8Array>();
  /** Launches as they were last synced; undefined for one that never was. */
  readonly unsynced = new Map<string, LaunchRecord | undefined>();

  /** Power is lost: what was not synced is as it was before. */
  loseUnsynced(): void {
    for (const [id, synced] of this.unsynced) {
      if (synced === undefined) this.launches.delete(id);
      else this.launches.set(id, synced);
    }
    this.unsynced.clear();
  }
}

export class MemoryStore implements Store {
  readonly disk: MemoryDisk;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.disk = disk;
  }

  vms(): readonly VmRecord[] {
    return [...this.disk.vms.values()];
  }

  vm(id: string): VmRecord | undefined {
    return this.disk.vms.get(id);
  }

  launch(id: string): LaunchRecord | undefined {
    return this.disk.launches.get(id);
  }

  launches({ vm, states, before, limit }: LaunchQuery): readonly LaunchRecord[] {
    const newestFirst = [...this.disk.launches.values()].reverse();
    const from = before === undefined ? 0 : newestFirst.findIndex(({ id }) => id === before) + 1;
    const wanted = newestFirst
      .slice(from)
      .filter((launch) => (vm === undefined || launch.vm === vm) && (states === undefined || states.includes(launch.state)));
    return wanted.slice(0, limit);
  }

  policy(digest: string): string | undefined {
    return this.disk.policies.get(digest);
  }

  idKeys(): readonly IdKeyRecord[] {
    return [...this.disk.idKeys.values()];
  }

  signedBlock(digest: string): Uint8Array | undefined {
    return this.disk.signedBlocks.get(digest);
  }

  auditTip(): AuditTip {
    const last = this.disk.entries.at(-1);
    return last === undefined ? emptyTip : { sequence: last.sequence, hash: last.hash };
  }

  auditEntries(sequence: number, limit: number): readonly SealedEntry[] {
    return this.disk.entries.slice(sequence - 1, sequence - 1 + limit);
  }

  commit({ entry, launch, vm, policy, idKey, removedIdKey, signedBlock }: Batch): Result<void> {
    const { sequence, hash } = this.auditTip();
    if (idKey !== undefined && this.disk.idKeys.has(idKey.name)) return fail(failure("store.not-applied", idKey.name));
    if (entry.sequence !== sequence + 1 || !equalBytes(entry.previous, hash)) return fail(failure("store.tip-moved"));
    this.disk.entries.push(entry);
    if (launch !== undefined) {
      this.disk.launches.set(launch.id, launch);
      this.disk.unsynced.delete(launch.id);
    }
    if (vm !== undefined) this.disk.vms.set(vm.id, vm);
    if (policy !== undefined) this.disk.policies.set(policy.digest, policy.text);
    if (idKey !== undefined) this.disk.idKeys.set(idKey.name, idKey);
    if (removedIdKey !== undefined) this.disk.idKeys.delete(removedIdKey);
    if (signedBlock !== undefined && !this.disk.signedBlocks.has(signedBlock.digest))
      this.disk.signedBlocks.set(signedBlock.digest, signedBlock.auth.slice());
    return ok(undefined);
  }

  saveProgress(launch: LaunchRecord): Result<void> {
    const known = this.disk.launches.get(launch.id);
    if (launch.decision !== undefined || known?.decision !== undefined) return fail(failure("store.not-applied", "decided"));
    if (!this.disk.unsynced.has(launch.id)) this.disk.unsynced.set(launch.id, known);
    this.disk.launches.set(launch.id, launch);
    return ok(undefined);
  }

  setting(name: string): string | undefined {
    return this.disk.settings.get(name);
  }

  saveSetting(name: string, value: string): Result<void> {
    this.disk.settings.set(name, value);
    return ok(undefined);
  }

  collateral(name: string): Uint8Array | undefined {
    return this.disk.collateral.get(name);
  }

  saveCollateral(name: string, bytes: Uint8Array): Result<void> {
    this.disk.collateral.set(name, bytes);
    return ok(undefined);
  }
  collateralNames(prefix: string): readonly string[] {
    return [...this.disk.collateral.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  }

  saveCollaterals(entries: ReadonlyMap<string, Uint8Array>): Result<void> {
    for (const [name, bytes] of entries) this.disk.collateral.set(name, bytes);
    return ok(undefined);
  }
}
