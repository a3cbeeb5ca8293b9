// The store's promises on real files: what was committed is there, all of it or nothing, in the chain's order, and exactly as it was given.
import { statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { assert, property, string, uint8Array } from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { openStore } from "../../../core/node/store/sqlite-store.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import { entryAfter, fullLaunch, fullVm, leastLaunch, leastVm, uuid } from "./records.ts";
import type { SqliteStore } from "../../../core/node/store/sqlite-store.ts";
import type { LaunchState } from "../../../core/manager/records.ts";

test("records come back exactly as they were given, also after a restart", () => {
  const folder = scratchFolder();
  const store = open(folder);
  must(store.commit({ entry: entryAfter(), vm: fullVm, launch: fullLaunch }));
  must(store.commit({ entry: entryAfter(store.auditTip()), vm: leastVm(2), launch: leastLaunch(3) }));
  store.close();
  const again = open(folder);
  expect(again.vms()).toEqual([leastVm(2), fullVm]);
  expect(again.vm(fullVm.id)).toEqual(fullVm);
  expect(again.launch(fullLaunch.id)).toEqual(fullLaunch);
  expect(again.launch(uuid(3))).toEqual(leastLaunch(3));
  expect(again.launch(fullLaunch.id)?.report).not.toBeInstanceOf(Buffer);
  expect(again.vm("no such")).toBeUndefined();
  expect(again.launch("no such")).toBeUndefined();
});

test("the audit chain: only the tip's successor is taken, and a refused batch changes nothing", () => {
  const store = open();
  expect(store.auditTip()).toEqual({ sequence: 0, hash: new Uint8Array(32) });
  const first = entryAfter();
  must(store.commit({ entry: first }));
  expect(store.auditTip()).toEqual({ sequence: 1, hash: first.hash });
  for (const entry of [first, entryAfter({ sequence: 1, hash: new Uint8Array(32) }), entryAfter({ sequence: 2, hash: first.hash })])
    expect(codeOf(store.commit({ entry, vm: fullVm, launch: fullLaunch }))).toBe("store.tip-moved");
  expect(store.vms()).toEqual([]);
  expect(store.launch(fullLaunch.id)).toBeUndefined();
  expect(store.auditEntries(0, 10)).toEqual([first]);
  must(store.commit({ entry: entryAfter(store.auditTip()) }));
  expect(store.auditEntries(2, 10).map(({ sequence }) => sequence)).toEqual([2]);
  expect(store.auditEntries(1, 1).map(({ sequence }) => sequence)).toEqual([1]);
});

test("a policy is kept with its batch, under its digest, and stays what it was", () => {
  const folder = scratchFolder();
  const store = open(folder);
  const [digest, other] = ["ab".repeat(48), "cd".repeat(48)];
  must(store.commit({ entry: entryAfter(), vm: fullVm, policy: { digest, text: '{"version":1}' } }));
  // A policy that comes back, as an owner goes back to it, is the same one.
  must(store.commit({ entry: entryAfter(store.auditTip()), policy: { digest, text: '{"version":2}' } }));
  const refused = { entry: entryAfter({ sequence: 9, hash: new Uint8Array(32) }), policy: { digest: other, text: "{}" } };
  expect(codeOf(store.commit(refused))).toBe("store.tip-moved");
  store.close();
  const again = open(folder);
  expect([again.policy(digest), again.policy(other)]).toEqual(['{"version":1}', undefined]);
  again.close();
  const database = new Database(join(folder, "manager.db"));
  onTestFinished(() => void database.close());
  for (const statement of ["UPDATE policy SET text = ''", "DELETE FROM policy"])
    expect(() => database.exec(statement)).toThrow(/once it was used/);
});

test("progress is written over by progress and by a commit, but never over a decision", () => {
  const store = open();
  must(store.saveProgress(leastLaunch(900)));
  must(store.saveProgress(leastLaunch(900, { state: "pending", waitUntil: 1000 })));
  expect(store.launch(uuid(900))?.state).toBe("pending");
  must(store.commit({ entry: entryAfter(), launch: fullLaunch }));
  expect(codeOf(store.saveProgress(leastLaunch(900)))).toBe("store.not-applied");
  expect(codeOf(store.saveProgress(fullLaunch))).toBe("store.not-applied");
  expect(store.launch(uuid(900))).toEqual(fullLaunch);
});

test("launches: newest first, by machine, by state, in pages", () => {
  const store = open();
  const states: readonly LaunchState[] = ["attesting", "pending", "refused"];
  for (let i = 1; i <= 12; i++)
    // Two and two at the same instant.
    must(store.saveProgress(leastLaunch(i, { startedAt: Math.ceil(i / 2), vm: uuid(i % 2), state: states[i % 3] ?? "attesting" })));
  const ids = (query: Parameters<SqliteStore["launches"]>[0]) => store.launches(query).map(({ id }) => Number(id.slice(-4)));
  expect(ids({ limit: 100 })).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(ids({ limit: 3 })).toEqual([12, 11, 10]);
  expect(ids({ limit: 4, before: uuid(10) })).toEqual([9, 8, 7, 6]);
  expect(ids({ limit: 100, vm: uuid(0) })).toEqual([12, 10, 8, 6, 4, 2]);
  expect(ids({ limit: 100, states: ["pending"] })).toEqual([10, 7, 4, 1]);
  expect(ids({ limit: 100, states: ["pending", "refused"], vm: uuid(1), before: uuid(11) })).toEqual([7, 5, 1]);
  expect(ids({ limit: 100, states: [] })).toEqual([]);
  expect(ids({ limit: 100, before: "no such" })).toEqual([]);
});

test("any text in a record comes back as it was", () => {
  const store = open();
  assert(
    property(string({ unit: "grapheme" }), uint8Array({ maxLength: 64 }), (text, bytes) => {
      const launch = leastLaunch(1, { peer: text, detail: text, certificates: bytes });
      must(store.saveProgress(launch));
      expect(store.launch(uuid(1))).toEqual(launch);
    }),
    { numRuns: 100 },
  );
});

test("settings and collateral", () => {
  const store = open();
  expect(store.setting("a")).toBeUndefined();
  must(store.saveSetting("a", "1"));
  must(store.saveSetting("a", "2"));
  expect(store.setting("a")).toBe("2");
  expect(store.collateral("c")).toBeUndefined();
  must(store.saveCollateral("c", Uint8Array.of(1, 2)));
  must(store.saveCollateral("c", Uint8Array.of(3)));
  expect(store.collateral("c")).toEqual(Uint8Array.of(3));
  expect(codeOf(store.saveCollateral("d", new Uint8Array(2 ** 20)))).toBe("ok");
  expect(codeOf(store.saveCollateral("e", new Uint8Array(2 ** 20 + 1)))).toBe("store.not-applied");
});

test("the collateral cache has a bound, and the oldest goes first", () => {
  const store = open();
  for (let i = 0; i < 4098; i++) must(store.saveCollateral(`c${i}`, Uint8Array.of(1)));
  expect(store.collateral("c0")).toBeUndefined();
  expect(store.collateral("c1")).toBeUndefined();
  expect(store.collateral("c2")).toBeDefined();
});

test("nobody else can read the files", () => {
  const folder = join(scratchFolder(), "new", "folder");
  const store = open(folder);
  must(store.commit({ entry: entryAfter() }));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of ["manager.db", "manager.db-wal", "manager.lock"]) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

function open(folder: string = scratchFolder()): SqliteStore {
  const store = must(openStore({ folder, log: hearingLog().log }));
  onTestFinished(() => store.close());
  return store;
}
