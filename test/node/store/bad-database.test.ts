// A database that cannot be used: damaged, foreign, newer, in use, on a full or failing disk. Each has its code; the file stays as it was.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { openDatabase } from "../../../core/node/store/database.ts";
import { claimFolder } from "../../../core/node/store/folder-claim.ts";
import { openStore, SqliteStore } from "../../../core/node/store/sqlite-store.ts";
import { StoreFault } from "../../../core/node/store/sqlite-failure.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import { entryAfter, fullLaunch, fullVm, leastLaunch } from "./records.ts";

test.each<[string, (path: string) => void]>([
  ["its header is overwritten", (path) => overwrite(path, 0, 16)],
  ["a page in the middle is overwritten", (path) => overwrite(path, 4096, 4096)],
  ["it is cut", (path) => writeFileSync(path, readFileSync(path).subarray(0, 8192))],
  ["it is text", (path) => writeFileSync(path, "not a database at all, but long enough to be looked at ".repeat(100))],
])("damaged, because %s: refused and left as it is", (_how, damage) => {
  const folder = filled();
  const path = join(folder, "manager.db");
  damage(path);
  const before = readFileSync(path);
  expect(codeOf(attempt(folder))).toBe("store.corrupt");
  expect(readFileSync(path)).toEqual(before);
  // The folder is free again for whoever repairs it.
  expect(codeOf(attempt(folder))).toBe("store.corrupt");
});

test("a changed last audit entry is damage", () => {
  const folder = filled();
  withDatabase(folder, (database) => {
    database.exec("DROP TRIGGER audit_is_not_changed");
    database.prepare("UPDATE audit SET bytes = ?").run(Buffer.from("{}"));
  });
  expect(codeOf(attempt(folder))).toBe("store.corrupt");
});

test("the audit log cannot be changed by mistake", () => {
  const folder = filled();
  withDatabase(folder, (database) => {
    expect(() => database.exec("UPDATE audit SET sequence = 7")).toThrow(Sqlite.SqliteError);
    expect(() => database.exec("DELETE FROM audit")).toThrow(Sqlite.SqliteError);
  });
});

test.each([
  ["an unknown member", `UPDATE vm SET record = replace(record, '"enabled"', '"enabled2"')`],
  ["another id than its column", `UPDATE vm SET id = 'other'`],
  ["white space", `UPDATE vm SET record = record || ' '`],
  ["a policy without a check", `UPDATE vm SET record = replace(record, '"vmpl"', '"vmpm"')`],
])("a record with %s is read as damage, not as a default", (_what, sql) => {
  const folder = filled();
  withDatabase(folder, (database) => database.exec(sql));
  expect(codeOf(attempt(folder))).toBe("store.corrupt");
});

test("a damaged launch is read as damage, and a table that is gone is damage at once", () => {
  const folder = filled();
  withDatabase(folder, (database) => database.exec("UPDATE launch SET record = replace(record, 'released', 'opened')"));
  const store = must(attempt(folder));
  expect(() => store.launch(fullLaunch.id)).toThrow(StoreFault);
  expect(() => store.launches({ limit: 1 })).toThrow(StoreFault);
  store.close();
  withDatabase(folder, (database) => database.exec("DROP TABLE setting"));
  expect(codeOf(attempt(folder))).toBe("store.corrupt");
});

test("a newer version's database is refused and left as it is", () => {
  const folder = filled();
  withDatabase(folder, (database) => database.pragma("user_version = 99"));
  const before = readFileSync(join(folder, "manager.db"));
  expect(codeOf(attempt(folder))).toBe("store.newer");
  expect(readFileSync(join(folder, "manager.db"))).toEqual(before);
});

test("another program's database is refused", () => {
  const folder = scratchFolder();
  withDatabase(folder, (database) => database.exec("CREATE TABLE theirs (a)"));
  expect(codeOf(attempt(folder))).toBe("store.foreign");
});

test("a first start that stopped at an empty file goes on", () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "manager.db"), "");
  expect(codeOf(attempt(folder))).toBe("ok");
});

test("a first start that stopped after the journal was chosen and before the first table goes on", () => {
  const folder = scratchFolder();
  withDatabase(folder, (database) => database.pragma("journal_mode = WAL"));
  expect(statSync(join(folder, "manager.db")).size).toBeGreaterThan(0);
  expect(codeOf(attempt(folder))).toBe("ok");
});

test("an empty database that another program has marked as its own is refused", () => {
  const folder = scratchFolder();
  withDatabase(folder, (database) => database.pragma("application_id = 7"));
  expect(codeOf(attempt(folder))).toBe("store.foreign");
});

test("in use, in this process and in another; free again once that one is killed", async () => {
  const folder = scratchFolder();
  const child = await holder(folder);
  const refused = attempt(folder);
  expect(codeOf(refused)).toBe("store.in-use");
  expect(refused.ok ? "" : refused.failure.detail).toBe(`process ${child.pid}`);
  child.kill("SIGKILL");
  await once(child, "exit");
  const store = must(attempt(folder));
  expect(codeOf(attempt(folder))).toBe("store.in-use");
  // An attempt of our own must not have loosened the lock for others.
  expect(await exitOf(folder)).toBe(1);
  store.close();
  store.close();
  expect(codeOf(attempt(folder))).toBe("ok");
});

test("killed in the middle of commits: every answered one is there, whole and in order", async () => {
  const folder = scratchFolder();
  for (let round = 0; round < 5; round++) {
    const child = await holder(folder, "commit");
    let answered = 0;
    child.on("message", (sequence) => (answered = Number(sequence)));
    await new Promise((resolve) => setTimeout(resolve, 50 + 30 * round));
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = must(attempt(folder));
    const { sequence } = store.auditTip();
    expect(sequence).toBeGreaterThanOrEqual(answered);
    expect(store.auditEntries(1, 10_000).map((entry) => entry.sequence)).toEqual(Array.from({ length: sequence }, (_, i) => i + 1));
    // The launch that was written with the last entry names it.
    expect(store.launch(fullLaunch.id)?.decision?.entry ?? 0).toBe(sequence);
    store.close();
  }
});

test("a full disk at a statement: nothing is written, and the store works again when there is room", () => {
  const folder = filled();
  const claim = must(claimFolder(folder));
  const database = must(openDatabase(folder));
  const store = new SqliteStore(folder, claim, database);
  onTestFinished(() => store.close());
  // SQLite then answers SQLITE_FULL, just as it does when a page finds no room on the disk.
  database.pragma(`max_page_count = ${Number(database.pragma("page_count", { simple: true }))}`);
  const tip = store.auditTip();
  const launch = leastLaunch(5, { certificates: new Uint8Array(100_000) });
  expect(codeOf(store.commit({ entry: entryAfter(tip), launch }))).toBe("store.disk-full");
  expect(codeOf(store.saveProgress(launch))).toBe("store.disk-full");
  expect(store.auditTip()).toEqual(tip);
  expect(store.launch(launch.id)).toBeUndefined();
  database.pragma("max_page_count = 100000");
  must(store.commit({ entry: entryAfter(tip), launch }));
  expect(store.launch(launch.id)).toEqual(launch);
});

test("the disk fails at COMMIT: the answer is unknown, and what is read afterwards is what the disk holds", async () => {
  const folder = filled();
  // A process that may not make its files larger: the write of the log fails below SQLite.
  const report = await limited(folder, 256);
  expect(report.code).toBe("store.answer-unknown");
  const store = must(attempt(folder));
  expect(store.auditTip().sequence).toBe(report.tip);
  expect(store.launches({ limit: 1000 }).length).toBe(store.auditTip().sequence);
});

test("a folder that others could change is refused; one that they could read is closed to them", () => {
  const open = filled();
  chmodSync(open, 0o777);
  expect(codeOf(attempt(open))).toBe("files.too-open");
  chmodSync(open, 0o755);
  const { log, lines } = hearingLog();
  const store = must(openStore({ folder: open, log }));
  onTestFinished(() => store.close());
  expect(lines.map(({ event }) => event)).toContain("store.folder-closed-to-others");
  expect(statSync(open).mode & 0o777).toBe(0o700);
});

test("a symbolic link is not followed, for the folder or for the file", () => {
  const folder = filled();
  const other = scratchFolder();
  symlinkSync(folder, join(other, "link"));
  expect(codeOf(attempt(join(other, "link")))).toBe("files.not-ours");
  symlinkSync(join(folder, "manager.db"), join(other, "manager.db"));
  expect(codeOf(attempt(other))).toBe("files.not-ours");
});

function filled(): string {
  const folder = scratchFolder();
  const store = must(openStore({ folder, log: hearingLog().log }));
  must(store.commit({ entry: entryAfter(), vm: fullVm, launch: fullLaunch }));
  store.close();
  return folder;
}

function attempt(folder: string) {
  const opened = openStore({ folder, log: hearingLog().log });
  if (opened.ok) onTestFinished(() => opened.value.close());
  return opened;
}

function overwrite(path: string, from: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, from + length);
  writeFileSync(path, bytes);
}

function withDatabase(folder: string, task: (database: Sqlite.Database) => void): void {
  const database = new Sqlite(join(folder, "manager.db"));
  task(database);
  database.close();
}

/** Commits until it fails, under `ulimit -f`, in blocks of 1024 bytes. */
async function limited(folder: string, blocks: number): Promise<{ readonly code: string; readonly tip: number }> {
  const program = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  const file = join(import.meta.dirname, "holder.ts");
  const child = spawn("bash", ["-c", program, "bash", process.execPath, file, folder, "until-failure"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return JSON.parse(text) as { readonly code: string; readonly tip: number };
}

/** What a second process says that wants the folder: 1 where it is refused. */
async function exitOf(folder: string): Promise<unknown> {
  const child = fork(join(import.meta.dirname, "holder.ts"), [folder, "once"], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const [code] = (await once(child, "exit")) as readonly unknown[];
  return code;
}

async function holder(folder: string, ...more: readonly string[]): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "holder.ts"), [folder, ...more], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return child;
}
