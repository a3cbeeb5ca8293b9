// What does an error of SQLite mean for us? By its result code alone (sqlite.org/rescode.html), never by its text.
import Sqlite from "better-sqlite3";
import { failure } from "../../base/failure.ts";
import type { Failure, FailureCode } from "../../base/failure.ts";

/** "" for what is no error of SQLite. */
export function sqliteCode(cause: unknown): string {
  return cause instanceof Sqlite.SqliteError ? cause.code : "";
}

export function isCorrupt(cause: unknown): boolean {
  return ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT"].some((code) => sqliteCode(cause).startsWith(code));
}

export function isDiskFull(cause: unknown): boolean {
  return sqliteCode(cause) === "SQLITE_FULL";
}

/** For a statement that failed and was rolled back. */
export function notApplied(cause: unknown): Failure {
  const code: FailureCode = isDiskFull(cause) ? "store.disk-full" : isCorrupt(cause) ? "store.corrupt" : "store.not-applied";
  return failure(code, sqliteCode(cause) || undefined, cause);
}

/** What the store's reads throw where the database itself is at fault: there is no answer that a caller could go on with. */
export class StoreFault extends Error {
  readonly failure: Failure;

  constructor(what: Failure) {
    super(what.code, { cause: what.cause });
    this.failure = what;
  }
}
