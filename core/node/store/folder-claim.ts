// Is another manager at work in this data folder? A lock that the operating system takes back when its holder dies: an open transaction
// on a small database of its own. Never a file whose mere existence counts, and never to be read with anything but SQLite while it is held.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { claimPrivateFile } from "../files.ts";
import { sqliteCode } from "./sqlite-failure.ts";
import type { Database } from "better-sqlite3";
import type { Result } from "../../base/result.ts";

export interface FolderClaim {
  release(): void;
}

/** `store.in-use` with the number of the other process; `store.unwritable`. */
export function claimFolder(folder: string): Result<FolderClaim> {
  const path = join(folder, "manager.lock");
  const file = claimPrivateFile(path);
  if (!file.ok) return file;
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { timeout: 0 });
    // A rollback journal lets others read who holds the lock; this transaction stays open as long as we live.
    database.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER) STRICT; DELETE FROM holder;");
    database.prepare("INSERT INTO holder VALUES (?)").run(process.pid);
    database.exec("COMMIT; BEGIN IMMEDIATE;");
  } catch (cause) {
    const busy = sqliteCode(cause).startsWith("SQLITE_BUSY");
    const detail = busy && database !== undefined ? holderOf(database) : path;
    database?.close();
    return fail(failure(busy ? "store.in-use" : "store.unwritable", detail, cause));
  }
  const held = database;
  return ok({ release: () => void held.close() });
}

function holderOf(database: Database): string {
  try {
    return `process ${String(database.prepare("SELECT pid FROM holder").pluck().get())}`;
  } catch {
    return "another process";
  }
}
