// What does the disk hold at this moment? Reads a copy of a data folder whose manager is dead, so that looking changes nothing.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyChain } from "../../core/audit/chain.ts";
import { type AuditEntry, emptyTip } from "../../core/audit/entry.ts";
import { silentLog } from "../../core/base/log.ts";
import { must } from "../../core/base/result.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { databaseFile } from "../../core/node/store/database.ts";
import { openStore } from "../../core/node/store/sqlite-store.ts";

export interface DiskState {
  /** The whole audit log, its chain verified. */
  readonly entries: readonly AuditEntry[];
  readonly launches: readonly LaunchRecord[];
  readonly vms: readonly VmRecord[];
}

/** Throws where the store does not open or its chain does not hold. */
export function readDisk(folder: string): DiskState {
  const copy = mkdtempSync(join(tmpdir(), "portcullis-copy-"));
  try {
    for (const name of [databaseFile, `${databaseFile}-wal`]) {
      if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(copy, name));
    }
    const store = must(openStore({ folder: copy, log: silentLog }));
    try {
      const sealed = store.auditEntries(1, 10_000);
      const { entries, tip } = must(verifyChain(sealed, emptyTip, nodePrimitives));
      if (tip.sequence !== store.auditTip().sequence) throw new Error("the log goes on behind its tip");
      return { entries, launches: store.launches({ limit: 1000 }), vms: store.vms() };
    } finally {
      store.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
