// Is one decision good for one grant, for exactly the disks that were decided, and only where its commit answered ok?
import { expect, test } from "vitest";
import { failure } from "../../core/base/failure.ts";
import { fail, must, ok } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { type CommittedDecision, commitRelease } from "../../core/release/committed.ts";
import { type DiskKey, grantKeys, takeKeys } from "../../core/release/grant.ts";

const facts = { launch: "one", vm: "two", evidenceDigest: "00".repeat(48), disks: ["root", "data"] };
const committed = (): CommittedDecision => must(commitRelease(facts, () => ok(7)));
const keysFor = (...disks: readonly string[]): DiskKey[] => disks.map((disk) => ({ disk, key: new Secret(new Uint8Array(32)) }));

test("a commit that fails gives no decision", () => {
  expect(commitRelease(facts, () => fail(failure("store.not-applied")))).toMatchObject({
    ok: false,
    failure: { code: "store.not-applied" },
  });
  expect(commitRelease(facts, () => ok(7))).toEqual({ ok: true, value: { ...facts, entry: 7 } });
});

test("one decision, one grant; one grant, one taking", () => {
  const decision = committed();
  const grant = grantKeys(decision, keysFor("root", "data"));
  expect(() => grantKeys(decision, keysFor("root", "data"))).toThrow("one grant");
  expect(takeKeys(grant).map(({ disk }) => disk)).toEqual(["root", "data"]);
  expect(() => takeKeys(grant)).toThrow("once");
});

test.each([
  ["none", []],
  ["too few", ["root"]],
  ["too many", ["root", "data", "more"]],
  ["another", ["root", "other"]],
  ["in another order", ["data", "root"]],
  ["one twice", ["root", "root"]],
] as const)("keys of other disks than were decided are a bug: %s", (_what, disks) => {
  const decision = committed();
  expect(() => grantKeys(decision, keysFor(...disks))).toThrow("decided disks");
  // The attempt has used the decision up.
  expect(() => grantKeys(decision, keysFor("root", "data"))).toThrow("one grant");
});
