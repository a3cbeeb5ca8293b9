// Which layout has this database, and how does it get to ours? One step a version, each in one transaction with its number.
// Never goes back, and never opens what a newer program wrote.
import { first } from "./migrations/0001-first.ts";
import { policies } from "./migrations/0002-policies.ts";
import { idKeys } from "./migrations/0003-id-keys.ts";
import type { Database } from "better-sqlite3";

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** In order, without a gap. */
export const migrations: readonly Migration[] = [first, policies, idKeys];

export const newestVersion = migrations.length;

/** "PtCl": says that the file is ours. */
export const applicationId = 0x5074436c;

export function versionOf(database: Database): number {
  return Number(database.pragma("user_version", { simple: true }));
}

/** CRASH: if we stop between two steps, the next start goes on from the last whole one. */
export function migrate(database: Database): void {
  for (const { version, sql } of migrations) {
    if (version <= versionOf(database)) continue;
    database
      .transaction(() => {
        database.exec(sql);
        database.pragma(`application_id = ${applicationId}`);
        database.pragma(`user_version = ${version}`);
      })
      .immediate();
  }
}
