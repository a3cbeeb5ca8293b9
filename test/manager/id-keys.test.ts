// Are signing keys in the keychain and nowhere else, is the record never ahead of its key, and is a key that something depends on kept?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { digestOf, pointOf } from "../../core/manager/id-key-facts.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { spkiOf } from "../../core/snp/id-block.ts";
import { makeWorld, type World } from "../kit/world.ts";

const code = (expected: string) => ({ ok: false, failure: { code: expected } });

describe("a key that is made", () => {
  test("is in the keychain under its name, known without the keychain, and in the audit log", async () => {
    const world = await makeWorld();
    const key = must(await world.manager.idKeys.add({ name: "image-2026", purpose: "id" }));
    expect(key).toMatchObject({ name: "image-2026", purpose: "id", imported: false });
    const scalar = world.keychain.kept.get("id-key/image-2026");
    expect(scalar).toHaveLength(48);
    expect(nodeSigning.publicKeyP384(scalar ?? new Uint8Array(0))).toEqual(pointOf(key));
    world.keychain.locked = true;
    expect(world.manager.idKeys.list()).toEqual([key]);
    expect(world.manager.idKeys.find("image-2026", "id")).toEqual({ ok: true, value: key });
    expect(world.audit().at(-1)).toMatchObject({
      kind: "id-key-added",
      facts: { key: "image-2026", purpose: "id", imported: false, keyDigest: digestOf(key, nodePrimitives), keychain: "memory" },
    });
  });

  test("is another one each time, and newest first in the list", async () => {
    const { idKeys } = (await makeWorld()).manager;
    for (const name of ["a", "b"]) must(await idKeys.add({ name, purpose: "reference" }));
    expect(idKeys.list().map(({ name }) => name)).toEqual(["b", "a"]);
    expect(new Set(idKeys.list().map(({ publicKey }) => publicKey)).size).toBe(2);
  });

  test("outlives a restart of the manager", async () => {
    const world = await makeWorld();
    const key = must(await world.manager.idKeys.add({ name: "a", purpose: "author" }));
    world.crash({ losingUnsynced: true });
    expect(world.manager.idKeys.list()).toEqual([key]);
    expect((await world.manager.idKeys.sign(key, utf8("x"))).ok).toBe(true);
  });

  test("may exist already: its scalar stays the caller's", async () => {
    const world = await makeWorld();
    const scalar = new Secret(new Uint8Array(48).fill(3));
    const key = must(await world.manager.idKeys.add({ name: "old", purpose: "id", scalar }));
    expect(key.imported).toBe(true);
    expect(scalar.wiped).toBe(false);
    expect(key.publicKey).toBe(toHex(nodeSigning.publicKeyP384(new Uint8Array(48).fill(3)) ?? new Uint8Array(0)));
  });

  test.each([
    ["a name with a slash", "a/b", "id-key.name"],
    ["a name with capitals", "A", "id-key.name"],
    ["no name", "", "id-key.name"],
    ["a name of 33", "a".repeat(33), "id-key.name"],
    ["a name that begins with a hyphen", "-a", "id-key.name"],
  ])("is refused with %s", async (_, name, expected) => {
    const world = await makeWorld();
    expect(await world.manager.idKeys.add({ name, purpose: "id" })).toMatchObject(code(expected));
    expect(world.keychain.kept.size).toBe(0);
  });

  test("never takes the place of another, also where two are made at once", async () => {
    const { idKeys } = (await makeWorld()).manager;
    const answers = await Promise.all([idKeys.add({ name: "a", purpose: "id" }), idKeys.add({ name: "a", purpose: "author" })]);
    expect(answers[0]).toMatchObject({ ok: true });
    expect(answers[1]).toMatchObject(code("id-key.taken"));
    const [key] = idKeys.list();
    if (key === undefined) throw new Error("no key");
    expect((await idKeys.sign(key, utf8("x"))).ok).toBe(true);
  });

  test("is no scalar outside of the curve's order", async () => {
    const { idKeys } = (await makeWorld()).manager;
    const answer = await idKeys.add({ name: "a", purpose: "id", scalar: new Secret(new Uint8Array(48).fill(255)) });
    expect(answer).toMatchObject(code("id-key.curve"));
  });
});

describe("where something fails", () => {
  test("a keychain that takes nothing leaves no record", async () => {
    const world = await makeWorld();
    world.keychain.refusesWrites = true;
    expect(await world.manager.idKeys.add({ name: "a", purpose: "id" })).toMatchObject(code("keychain.locked"));
    expect(world.manager.idKeys.list()).toEqual([]);
  });

  test.each(["not-applied", "unknown-not-applied", "disk-full"] as const)(
    "a store that keeps nothing (%s) leaves no key",
    async (fault) => {
      const world = await makeWorld();
      world.store.failNext(fault);
      expect((await world.manager.idKeys.add({ name: "a", purpose: "id" })).ok).toBe(false);
      expect(world.keychain.kept.size).toBe(0);
      expect(world.manager.idKeys.list()).toEqual([]);
      expect((await world.manager.idKeys.add({ name: "a", purpose: "id" })).ok).toBe(true);
    },
  );

  test("a store that kept it although it does not say so leaves a key that signs", async () => {
    const world = await makeWorld();
    world.store.failNext("applied");
    const key = must(await world.manager.idKeys.add({ name: "a", purpose: "id" }));
    expect((await world.manager.idKeys.sign(key, utf8("x"))).ok).toBe(true);
  });

  test("a key in the keychain that no record names, left by a crash or known to a newer data folder, is never written over", async () => {
    const world = await makeWorld();
    const there = new Uint8Array(48).fill(9);
    world.keychain.kept.set("id-key/a", there.slice());
    expect(await world.manager.idKeys.add({ name: "a", purpose: "id" })).toMatchObject(code("id-key.left-over"));
    expect(world.keychain.kept.get("id-key/a")).toEqual(there);
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
    expect(world.manager.idKeys.list()).toEqual([]);
  });
});

describe("a signature", () => {
  test("is the key's own, and the secret is wiped whether it comes or not", async () => {
    const world = await makeWorld();
    const key = must(await world.manager.idKeys.add({ name: "a", purpose: "id" }));
    const signature = must(await world.manager.idKeys.sign(key, utf8("what is signed")));
    expect(nodePrimitives.verifyP384(spkiOf(pointOf(key)), utf8("what is signed"), signature)).toBe(true);
    world.keychain.kept.set("id-key/a", new Uint8Array(48).fill(9));
    expect(await world.manager.idKeys.sign(key, utf8("x"))).toMatchObject(code("id-key.mismatch"));
    world.keychain.kept.set("id-key/a", new Uint8Array(3));
    expect(await world.manager.idKeys.sign(key, utf8("x"))).toMatchObject(code("id-key.mismatch"));
    expect(world.keychain.lent).toHaveLength(3);
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
    world.keychain.locked = true;
    expect(await world.manager.idKeys.sign(key, utf8("x"))).toMatchObject(code("keychain.locked"));
  });
});

describe("a key that is deleted", () => {
  const question = { name: "a", confirm: "a", reason: "replaced" };

  test("is gone from the keychain and from the list, and its name is free", async () => {
    const world = await made();
    const [key] = world.manager.idKeys.list();
    must(await world.manager.idKeys.remove(question));
    expect(world.keychain.kept.size).toBe(0);
    expect(world.manager.idKeys.list()).toEqual([]);
    expect(world.audit().at(-1)).toMatchObject({
      kind: "id-key-removed",
      facts: { key: "a", reason: "replaced", keyDigest: key === undefined ? "" : digestOf(key, nodePrimitives) },
    });
    const next = must(await world.manager.idKeys.add({ name: "a", purpose: "id" }));
    expect(next.publicKey).not.toBe(key?.publicKey);
  });

  test("is so only with its name and a reason", async () => {
    const { idKeys } = (await made()).manager;
    expect(await idKeys.remove({ ...question, confirm: "b" })).toMatchObject(code("id-key.not-confirmed"));
    expect(await idKeys.remove({ ...question, reason: " " })).toMatchObject(code("approval.reason-missing"));
    expect(await idKeys.remove({ ...question, name: "b", confirm: "b" })).toMatchObject(code("id-key.unknown"));
    expect(idKeys.list()).toHaveLength(1);
  });

  test("is not, while a VM's plan names it", async () => {
    const world = await made();
    await world.enrol({ name: "db-1" }, (vm) => ({ ...vm, hostPlan: { ...plan, idKey: "a" } }));
    expect(await world.manager.idKeys.remove(question)).toMatchObject({ failure: { code: "id-key.in-use", detail: "db-1" } });
  });

  test("is not, while a VM's policy demands it, whatever its own purpose is called", async () => {
    const world = await made("author");
    const [key] = world.manager.idKeys.list();
    const require = [key === undefined ? "" : digestOf(key, nodePrimitives)];
    await world.enrol({ name: "db-1" }, (vm) => ({
      ...vm,
      policy: { ...vm.policy, checks: { ...vm.policy.checks, authorKeyDigest: { require } } },
    }));
    expect(await world.manager.idKeys.remove(question)).toMatchObject(code("id-key.in-use"));
  });

  test("goes although a plan names another key of that name in another role", async () => {
    const world = await made("author");
    await world.enrol({ name: "db-1" }, (vm) => ({ ...vm, hostPlan: { ...plan, idKey: "a" } }));
    expect((await world.manager.idKeys.remove(question)).ok).toBe(true);
  });

  test("and whose record stays because the store failed, is deleted by asking again", async () => {
    const world = await made();
    world.store.failNext("not-applied");
    expect((await world.manager.idKeys.remove(question)).ok).toBe(false);
    expect(world.manager.idKeys.list()).toHaveLength(1);
    expect((await world.manager.idKeys.remove(question)).ok).toBe(true);
    expect(world.manager.idKeys.list()).toEqual([]);
  });
});

async function made(purpose: "id" | "author" = "id"): Promise<World> {
  const world = await makeWorld();
  must(await world.manager.idKeys.add({ name: "a", purpose }));
  return world;
}

const plan = {
  host: "qemu",
  memoryMib: 4096,
  guestPolicy: "0x30000",
  delivery: "fw-cfg",
  folder: "/srv/db-1",
  disks: [],
  cbitpos: 51,
  reducedPhysBits: 1,
} as const;
