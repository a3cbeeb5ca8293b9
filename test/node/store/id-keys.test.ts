// What is known of signing keys, and signed blocks: with their entry or not at all, never over another, and damage is told.
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import type { IdKeyRecord } from "../../../core/manager/id-key-records.ts";
import { newestVersion } from "../../../core/node/store/migrations.ts";
import { openStore, type SqliteStore } from "../../../core/node/store/sqlite-store.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import { entryAfter } from "./records.ts";

const key: IdKeyRecord = { name: "image", purpose: "id", createdAt: 2_000, imported: false, publicKey: "ab".repeat(96) };
const older: IdKeyRecord = { name: "zebra", purpose: "reference", createdAt: 1_000, imported: true, publicKey: "cd".repeat(96) };
const [digest, auth] = ["12".repeat(48), new Uint8Array(4096).fill(7)];

test("keys come back exactly as they were given, oldest first, also after a restart; one that is removed is gone", () => {
  const folder = scratchFolder();
  const store = open(folder);
  must(store.commit({ entry: entryAfter(), idKey: key }));
  must(store.commit({ entry: entryAfter(store.auditTip()), idKey: older }));
  store.close();
  const again = open(folder);
  expect(again.idKeys()).toEqual([older, key]);
  must(again.commit({ entry: entryAfter(again.auditTip()), removedIdKey: "zebra" }));
  expect(again.idKeys()).toEqual([key]);
});

test("a name that is taken changes nothing, and neither does a batch out of order", () => {
  const store = open();
  must(store.commit({ entry: entryAfter(), idKey: key }));
  expect(codeOf(store.commit({ entry: entryAfter(store.auditTip()), idKey: { ...older, name: key.name } }))).toBe("store.not-applied");
  expect(codeOf(store.commit({ entry: entryAfter(), removedIdKey: key.name }))).toBe("store.tip-moved");
  expect(store.idKeys()).toEqual([key]);
  expect(store.auditTip().sequence).toBe(1);
});

test("a signed block is kept with its entry, and the first one stays", () => {
  const folder = scratchFolder();
  const store = open(folder);
  expect(store.signedBlock(digest)).toBeUndefined();
  must(store.commit({ entry: entryAfter(), signedBlock: { digest, auth } }));
  must(store.commit({ entry: entryAfter(store.auditTip()), signedBlock: { digest, auth: new Uint8Array(4096) } }));
  store.close();
  const again = open(folder);
  expect(again.signedBlock(digest)).toEqual(auth);
  expect(again.signedBlock(digest)).not.toBeInstanceOf(Buffer);
  const short = { entry: entryAfter(again.auditTip()), signedBlock: { digest: "34".repeat(48), auth: new Uint8Array(4095) } };
  expect(codeOf(again.commit(short))).toBe("store.not-applied");
});

test.each([
  ["another name", `{"createdAt":2000,"imported":false,"name":"other","publicKey":"${"ab".repeat(96)}","purpose":"id"}`],
  ["another time", `{"createdAt":2001,"imported":false,"name":"image","publicKey":"${"ab".repeat(96)}","purpose":"id"}`],
  ["another purpose", `{"createdAt":2000,"imported":false,"name":"image","publicKey":"${"ab".repeat(96)}","purpose":"disk"}`],
  ["half a key", `{"createdAt":2000,"imported":false,"name":"image","publicKey":"${"ab".repeat(48)}","purpose":"id"}`],
  ["a member more", `{"createdAt":2000,"imported":false,"name":"image","publicKey":"${"ab".repeat(96)}","purpose":"id","scalar":"00"}`],
  ["another form", '{ "name": "image" }'],
  ["no JSON", "image"],
])("a record with %s is damage", (_, record) => {
  const folder = scratchFolder();
  const store = open(folder);
  must(store.commit({ entry: entryAfter(), idKey: key }));
  store.close();
  const database = new Database(join(folder, "manager.db"));
  database.prepare("UPDATE id_key SET record = ?").run(record);
  database.close();
  expect(() => open(folder).idKeys()).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: "store.corrupt" }) as unknown }),
  );
});

test("a database of the version before has its records and room for keys", () => {
  const folder = scratchFolder();
  const store = open(folder);
  must(store.commit({ entry: entryAfter() }));
  store.close();
  const database = new Database(join(folder, "manager.db"));
  database.exec("DROP TABLE id_key; DROP TABLE id_block;");
  database.pragma("user_version = 2");
  database.close();
  const again = open(folder);
  expect(again.auditTip().sequence).toBe(1);
  must(again.commit({ entry: entryAfter(again.auditTip()), idKey: key, signedBlock: { digest, auth } }));
  expect([again.idKeys(), again.signedBlock(digest)]).toEqual([[key], auth]);
  expect(newestVersion).toBeGreaterThanOrEqual(3);
});

function open(folder = scratchFolder()): SqliteStore {
  const store = must(openStore({ folder, log: hearingLog().log }));
  onTestFinished(() => store.close());
  return store;
}
