// Where does the manager remember? The Store port on one SQLite file with one writer. A commit is synced, all or nothing, and checks the
// audit chain's tip in the same transaction. Never holds key material; never guesses whether a commit happened.
import { equalBytes } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { emptyTip, entryHash, parseEntry } from "../../audit/entry.ts";
import { openPrivateFolder } from "../files.ts";
import { nodePrimitives } from "../primitives.ts";
import { openDatabase } from "./database.ts";
import { claimFolder } from "./folder-claim.ts";
import { idKeyFrom, idKeyRow } from "./id-key-rows.ts";
import { launchFrom, launchRow, vmFrom, vmRow } from "./record-rows.ts";
import { isCorrupt, isDiskFull, notApplied, sqliteCode, StoreFault } from "./sqlite-failure.ts";
import { Statements } from "./statements.ts";
import type { Database } from "better-sqlite3";
import type { AuditTip, SealedEntry } from "../../audit/entry.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Batch, LaunchQuery, Store } from "../../manager/ports.ts";
import type { IdKeyRecord } from "../../manager/id-key-records.ts";
import type { LaunchRecord, VmRecord } from "../../manager/records.ts";
import type { FolderClaim } from "./folder-claim.ts";

export interface StoreOptions {
  /** The data folder: made where there is none, private, owned by one manager at a time. */
  readonly folder: string;
  readonly log: Log;
}

/** `store.in-use`, `store.corrupt`, `store.foreign`, `store.newer`, `store.unwritable`, `store.disk-full`, `files.*`. */
export function openStore({ folder, log }: StoreOptions): Result<SqliteStore> {
  const opened = openPrivateFolder(folder);
  if (!opened.ok) return opened;
  if (opened.value.mended) log.write("warn", "store.folder-closed-to-others", { path: folder });
  const claim = claimFolder(folder);
  if (!claim.ok) return claim;
  const database = openDatabase(folder);
  if (!database.ok) {
    claim.value.release();
    return database;
  }
  try {
    const store = new SqliteStore(folder, claim.value, database.value);
    store.look();
    return ok(store);
  } catch (cause) {
    // It is whole for SQLite and yet not what we write.
    database.value.close();
    claim.value.release();
    return fail(cause instanceof StoreFault ? cause.failure : failure("store.corrupt", sqliteCode(cause) || undefined, cause));
  }
}

export class SqliteStore implements Store {
  readonly #folder: string;
  readonly #claim: FolderClaim;
  #connection: Connection | undefined;
  #closed = false;

  constructor(folder: string, claim: FolderClaim, database: Database) {
    this.#folder = folder;
    this.#claim = claim;
    this.#connection = { database, statements: new Statements(database) };
  }

  vms(): readonly VmRecord[] {
    return this.#read((statements) => statements.vms.all().map((row) => vmFrom(row) ?? damaged(`vm ${row.id}`)));
  }

  vm(id: string): VmRecord | undefined {
    const row = this.#read((statements) => statements.vm.get(id));
    return row === undefined ? undefined : (vmFrom(row) ?? damaged(`vm ${id}`));
  }

  launch(id: string): LaunchRecord | undefined {
    const row = this.#read((statements) => statements.launch.get(id));
    return row === undefined ? undefined : (launchFrom(row) ?? damaged(`launch ${id}`));
  }

  launches(query: LaunchQuery): readonly LaunchRecord[] {
    const rows = this.#read((statements) => statements.launches(query));
    return rows.map((row) => launchFrom(row) ?? damaged(`launch ${row.id}`));
  }

  policy(digest: string): string | undefined {
    return this.#read((statements) => statements.policy.get(digest));
  }

  idKeys(): readonly IdKeyRecord[] {
    return this.#read((statements) => statements.idKeys.all().map((row) => idKeyFrom(row) ?? damaged(`key ${row.name}`)));
  }

  signedBlock(digest: string): Uint8Array | undefined {
    const auth = this.#read((statements) => statements.signedBlock.get(digest));
    return auth === undefined ? undefined : new Uint8Array(auth);
  }

  auditTip(): AuditTip {
    return this.#read(({ tip }) => tipFrom(tip.get()));
  }

  auditEntries(sequence: number, limit: number): readonly SealedEntry[] {
    return this.#read((statements) => statements.entries.all(sequence, Math.max(0, Math.min(limit, maximumEntries))).map(entryFrom));
  }

  commit({ entry, launch, vm, policy, idKey, removedIdKey, signedBlock }: Batch): Result<void> {
    return this.#write("FULL", (statements) => {
      const { sequence, hash } = tipFrom(statements.tip.get());
      const follows = entry.sequence === sequence + 1 && equalBytes(entry.previous, hash);
      if (!follows) return fail(failure("store.tip-moved", `entry ${entry.sequence} after ${sequence}`));
      statements.addEntry.run(entry);
      if (launch !== undefined) statements.putLaunch.run(launchRow(launch));
      if (vm !== undefined) statements.putVm.run(vmRow(vm));
      if (policy !== undefined) statements.keepPolicy.run(policy);
      if (idKey !== undefined) statements.putIdKey.run(idKeyRow(idKey));
      if (removedIdKey !== undefined) statements.removeIdKey.run(removedIdKey);
      if (signedBlock !== undefined) statements.keepSignedBlock.run(signedBlock);
      return ok(undefined);
    });
  }

  saveProgress(launch: LaunchRecord): Result<void> {
    return this.#write("NORMAL", (statements) => {
      // A decided launch changes only together with its audit entry.
      if (launch.decision !== undefined) return fail(failure("store.not-applied", `launch ${launch.id} is decided`));
      const { changes } = statements.putProgress.run(launchRow(launch));
      return changes === 1 ? ok(undefined) : fail(failure("store.not-applied", `launch ${launch.id} is decided`));
    });
  }

  setting(name: string): string | undefined {
    return this.#read((statements) => statements.setting.get(name));
  }

  saveSetting(name: string, value: string): Result<void> {
    return this.#write("FULL", (statements) => {
      statements.putSetting.run(name, value);
      return ok(undefined);
    });
  }

  collateral(name: string): Uint8Array | undefined {
    const bytes = this.#read((statements) => statements.collateral.get(name));
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  /** In the order of the names. */
  collateralNames(prefix: string): readonly string[] {
    return this.#read((statements) => statements.collateralNames.all(prefix));
  }

  saveCollateral(name: string, bytes: Uint8Array): Result<void> {
    return this.saveCollaterals(new Map([[name, bytes]]));
  }

  /** All or none. */
  saveCollaterals(entries: ReadonlyMap<string, Uint8Array>): Result<void> {
    for (const [name, { length }] of entries)
      if (length > maximumCollateralBytes) return fail(failure("store.not-applied", `${name}: ${length} bytes`));
    return this.#write("NORMAL", (statements) => {
      for (const [name, bytes] of entries) statements.putCollateral.run(name, bytes);
      statements.trimCollateral.run(maximumCollateral);
      return ok(undefined);
    });
  }

  /**
   * Are the VMs readable, and is the last audit entry's hash that of its bytes? The whole chain is the audit verifier's to check.
   * @throws {@link StoreFault}
   */
  look(): void {
    this.vms();
    const last = this.auditEntries(this.auditTip().sequence, 1)[0];
    if (last !== undefined && !isWhole(last)) damaged("the last audit entry");
  }

  /** Flushes the log into the database and gives the folder free. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
    this.#claim.release();
  }

  #drop(): void {
    try {
      this.#connection?.database.close();
    } finally {
      this.#connection = undefined;
    }
  }

  /** After an unknown answer the connection is made anew here, so that what is read is what the disk holds. @throws {@link StoreFault} */
  #ready(): Connection {
    if (this.#closed) throw new Error("the store is closed");
    if (this.#connection !== undefined) return this.#connection;
    const database = openDatabase(this.#folder);
    if (!database.ok) throw new StoreFault(database.failure);
    this.#connection = { database: database.value, statements: new Statements(database.value) };
    return this.#connection;
  }

  #read<T>(question: (statements: Statements) => T): T {
    const { statements } = this.#ready();
    try {
      return question(statements);
    } catch (cause) {
      if (sqliteCode(cause) === "") throw cause;
      const code = isCorrupt(cause) ? "store.corrupt" : "store.unwritable";
      throw new StoreFault(failure(code, sqliteCode(cause), cause));
    }
  }

  #write(sync: "FULL" | "NORMAL", change: (statements: Statements) => Result<void>): Result<void> {
    let connection: Connection;
    try {
      connection = this.#ready();
    } catch (cause) {
      if (cause instanceof StoreFault) return fail(cause.failure);
      throw cause;
    }
    const { database, statements } = connection;
    try {
      database.exec(`PRAGMA synchronous = ${sync}; BEGIN IMMEDIATE;`);
      const changed = change(statements);
      if (!changed.ok) {
        database.exec("ROLLBACK");
        return changed;
      }
    } catch (cause) {
      return this.#undo(database, cause);
    }
    try {
      database.exec("COMMIT");
      return ok(undefined);
    } catch (cause) {
      return this.#settle(database, cause);
    }
  }

  /** Nothing can have been applied: a statement failed before COMMIT, or the disk was full. */
  #undo(database: Database, cause: unknown): Result<void> {
    // SQLite has rolled back by itself after some errors, a full disk among them.
    if (database.inTransaction) database.exec("ROLLBACK");
    if (sqliteCode(cause) === "") throw cause;
    return fail(notApplied(cause));
  }

  /**
   * COMMIT itself failed. SQLite writes the frame that makes a commit count last, and says "full" only where a write was cut short: a full
   * disk means not applied. CRASH: after any other error the log may hold the commit or not; the connection is dropped, and the next use
   * reads what the disk holds.
   */
  #settle(database: Database, cause: unknown): Result<void> {
    if (isDiskFull(cause)) return this.#undo(database, cause);
    try {
      this.#drop();
    } catch {
      // The connection is gone either way.
    }
    return fail(failure("store.answer-unknown", sqliteCode(cause) || undefined, cause));
  }
}

interface Connection {
  readonly database: Database;
  readonly statements: Statements;
}

function tipFrom(row: { readonly sequence: number; readonly hash: Uint8Array } | undefined): AuditTip {
  return row === undefined ? emptyTip : { sequence: row.sequence, hash: new Uint8Array(row.hash) };
}

function entryFrom({ sequence, previous, hash, bytes }: SealedEntry): SealedEntry {
  return { sequence, previous: new Uint8Array(previous), hash: new Uint8Array(hash), bytes: new Uint8Array(bytes) };
}

function isWhole({ sequence, previous, hash, bytes }: SealedEntry): boolean {
  const entry = parseEntry(bytes);
  const says = entry.ok && entry.value.sequence === sequence && equalBytes(entry.value.previous, previous);
  return says && equalBytes(entryHash(bytes, nodePrimitives), hash);
}

function damaged(what: string): never {
  throw new StoreFault(failure("store.corrupt", what));
}

const maximumEntries = 10_000;
const maximumCollateral = 4096;
const maximumCollateralBytes = 2 ** 20;
