// Is this file our database, whole and of a version that we know? It is looked at read-only first, so that a damaged or foreign one
// is left as it is. Then: one connection, WAL, and nothing that the file itself could switch on.
import { existsSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { claimPrivateFile } from "../files.ts";
import { applicationId, migrate, newestVersion, versionOf } from "./migrations.ts";
import { isCorrupt, isDiskFull, sqliteCode } from "./sqlite-failure.ts";
import type { Database } from "better-sqlite3";
import type { Failure } from "../../base/failure.ts";
import type { Result } from "../../base/result.ts";

/** The folder must be claimed. `store.corrupt`, `store.foreign`, `store.newer`, `store.unwritable`, `store.disk-full`. */
export function openDatabase(folder: string): Result<Database> {
  const path = join(folder, databaseFile);
  const fresh = !existsSync(path);
  const file = claimPrivateFile(path);
  if (!file.ok) return file;
  const wrong = fresh ? undefined : faultOf(path);
  if (wrong !== undefined) return fail(wrong);
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { timeout: 0 });
    setUp(database);
    migrate(database);
    return ok(database);
  } catch (cause) {
    database?.close();
    return fail(openFailure(path, cause));
  }
}

/** What is wrong with an existing file. CRASH: one without a table is new, for a first start may have stopped there, also with WAL chosen. */
function faultOf(path: string): Failure | undefined {
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, timeout: 0 });
    const id = Number(database.pragma("application_id", { simple: true }));
    const objects = Number(database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get());
    if (objects === 0 && id === 0) return undefined;
    if (id !== applicationId) return failure("store.foreign", path);
    const version = versionOf(database);
    if (version > newestVersion) return failure("store.newer", `version ${version}, this program knows ${newestVersion}`);
    const check: unknown = database.pragma("quick_check(1)", { simple: true });
    return check === "ok" ? undefined : failure("store.corrupt", path);
  } catch (cause) {
    return openFailure(path, cause);
  } finally {
    database?.close();
  }
}

function setUp(database: Database): void {
  database.pragma("trusted_schema = OFF");
  database.pragma("cell_size_check = ON");
  database.pragma("foreign_keys = ON");
  database.pragma("mmap_size = 0");
  // On macOS a plain fsync leaves data in the drive's cache.
  database.pragma("fullfsync = ON");
  database.pragma("checkpoint_fullfsync = ON");
  database.pragma("journal_mode = WAL");
  database.pragma(`journal_size_limit = ${walBytes}`);
  database.pragma("synchronous = FULL");
}

function openFailure(path: string, cause: unknown): Failure {
  if (isCorrupt(cause)) return failure("store.corrupt", path, cause);
  if (isDiskFull(cause)) return failure("store.disk-full", path, cause);
  if (sqliteCode(cause).startsWith("SQLITE_BUSY")) return failure("store.in-use", path, cause);
  return failure("store.unwritable", path, cause);
}

export const databaseFile = "manager.db";
const walBytes = 8 * 2 ** 20;
