// Who may have a boot set signed, is what is signed exactly this VM's launch, and is each signature made once, kept and told?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { digestOf } from "../../core/manager/id-key-facts.ts";
import type { KeptBootSet, KeptPlan, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { keyDigest, parseIdAuth, parseIdBlock, verifyIdAuth } from "../../core/snp/id-block.ts";
import { makeWorld, type World } from "../kit/world.ts";
import { fullVm } from "../node/store/records.ts";

const code = (expected: string) => ({ ok: false, failure: { code: expected } });
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

const kept: KeptBootSet = fullVm.bootSets[0] ?? never();
const { approvedAt: _at, approvalReason: _reason, retiredAt: _until, ...bare } = kept;
const approved: KeptBootSet = { ...bare, id: id(1), label: "approved", approvedAt: 2_000 };
const candidate: KeptBootSet = { ...bare, id: id(2), label: "candidate" };
const retired: KeptBootSet = { ...approved, id: id(3), label: "retired", retiredAt: 3_000 };

const plan: KeptPlan = {
  host: "qemu",
  memoryMib: 4096,
  guestPolicy: "0x30000",
  delivery: "fw-cfg",
  folder: "/srv/db-1",
  disks: [],
  cbitpos: 51,
  reducedPhysBits: 1,
  idKey: "image",
  guestSvn: 7,
};

describe("a block for a plan", () => {
  test("is for this measurement and policy, names this VM, and is signed by the plan's key", async () => {
    const { world, vm } = await prepared();
    const signed = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    const block = must(parseIdBlock(signed.block));
    const auth = must(parseIdAuth(signed.auth));
    expect(verifyIdAuth(auth, signed.block, nodePrimitives).ok).toBe(true);
    expect(toHex(block.launchDigest)).toBe(approved.set.measurement);
    expect(block).toMatchObject({ policy: 0x3_0000n, guestSvn: 7 });
    expect(toHex(block.familyId)).toBe(vm.id.replaceAll("-", ""));
    const key = must(world.manager.idKeys.find("image"));
    expect(toHex(keyDigest(auth.idKey, nodePrimitives))).toBe(digestOf(key, nodePrimitives));
    expect(signed.authorKey).toBe(false);
    expect(auth.author).toBeUndefined();
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
    expect(world.audit().at(-1)).toMatchObject({
      kind: "id-block-signed",
      facts: {
        vm: vm.id,
        label: "approved",
        by: "approval",
        measurement: approved.set.measurement,
        guestSvn: 7,
        guestPolicy: "0x30000",
        idKey: "image",
      },
    });
  });

  test("has its author's signature too, where the plan names one", async () => {
    const { world, vm } = await prepared({ authorKey: "owner" });
    const signed = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    const auth = must(parseIdAuth(signed.auth));
    expect(verifyIdAuth(auth, signed.block, nodePrimitives).ok).toBe(true);
    expect(signed.authorKey).toBe(true);
    expect(toHex(keyDigest(auth.author?.key ?? new Uint8Array(0), nodePrimitives))).toBe(
      digestOf(must(world.manager.idKeys.find("owner")), nodePrimitives),
    );
  });

  test("made again is the same bytes, asks no keychain, and is one entry in the log", async () => {
    const { world, vm } = await prepared({ authorKey: "owner" });
    const first = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    const entries = world.audit().length;
    world.crash({ losingUnsynced: true });
    world.keychain.locked = true;
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, true)).toEqual({ ok: true, value: first });
    expect(
      world
        .audit()
        .slice(entries)
        .map(({ kind }) => kind),
    ).not.toContain("id-block-signed");
  });

  test("asked for twice at once is the same bytes for both", async () => {
    const { world, vm } = await prepared();
    const [a, b] = await Promise.all([1, 2].map(() => world.manager.idBlocks.signForPlan(vm.id, approved.id, false)));
    expect(a).toMatchObject({ ok: true });
    expect(a).toEqual(b);
    expect(world.audit().filter(({ kind }) => kind === "id-block-signed")).toHaveLength(1);
  });

  test("of another key of the same name is another signature", async () => {
    const { world, vm } = await prepared();
    const first = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    world.disk.vms.set(vm.id, { ...vm, hostPlan: { ...plan, idKey: "other" } });
    must(await world.manager.idKeys.remove({ name: "image", confirm: "image", reason: "new" }));
    must(await world.manager.idKeys.add({ name: "image", purpose: "id" }));
    world.disk.vms.set(vm.id, vm);
    const second = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    expect(second.block).toEqual(first.block);
    expect(must(parseIdAuth(second.auth)).idKey).not.toEqual(must(parseIdAuth(first.auth)).idKey);
  });

  test("that somebody changed in the store, or signed with a key of their own, is refused", async () => {
    const { world, vm } = await prepared();
    const signed = must(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false));
    const [digest] = world.disk.signedBlocks.keys();
    const flipped = signed.auth.slice();
    flipped[0x40] = (flipped[0x40] ?? 0) ^ 1;
    const stranger = await prepared();
    const theirs = must(await stranger.world.manager.idBlocks.sign({ vm: stranger.vm.id, bootSet: approved.id, idKey: "image" }, true));
    for (const auth of [flipped, theirs.auth, new Uint8Array(4096)]) {
      world.disk.signedBlocks.set(digest ?? "", auth);
      expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("store.corrupt"));
    }
  });

  test("is refused without a plan, without a key in it, and for a key that is gone or of another purpose", async () => {
    const { world, vm } = await prepared();
    const withPlan = (hostPlan: KeptPlan) => world.disk.vms.set(vm.id, { ...vm, hostPlan });
    const { idKey: _key, ...keyless } = plan;
    withPlan(keyless);
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("id-block.no-key"));
    withPlan({ ...plan, idKey: "gone" });
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("id-key.unknown"));
    withPlan({ ...plan, idKey: "owner" });
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("id-key.purpose"));
    withPlan({ ...plan, authorKey: "image" });
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("id-key.purpose"));
    const { hostPlan: _plan, ...planless } = vm;
    world.disk.vms.set(vm.id, planless);
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("kit.no-plan"));
    expect(await world.manager.idBlocks.signForPlan(id(9), approved.id, false)).toMatchObject(code("kit.no-plan"));
    expect(world.audit().filter(({ kind }) => kind === "id-block-signed")).toEqual([]);
  });
});

describe("who may", () => {
  test.each([
    ["an approved set", approved, true],
    ["a candidate", candidate, false],
    ["a retired set", retired, false],
  ])("%s, with and without the approve role", async (_, { id: bootSet }, signs) => {
    const { world, vm } = await prepared();
    const without = await world.manager.idBlocks.signForPlan(vm.id, bootSet, false);
    if (signs) expect(without.ok).toBe(true);
    else expect(without).toMatchObject(code("id-block.not-approved"));
    expect((await world.manager.idBlocks.signForPlan(vm.id, bootSet, true)).ok).toBe(true);
    expect(world.audit().at(-1)).toMatchObject({ kind: "id-block-signed", facts: { by: signs ? "approval" : "person" } });
  });

  test("what the approve role had signed is still not for others", async () => {
    const { world, vm } = await prepared();
    must(await world.manager.idBlocks.signForPlan(vm.id, candidate.id, true));
    expect(await world.manager.idBlocks.signForPlan(vm.id, candidate.id, false)).toMatchObject(code("id-block.not-approved"));
  });

  test("nobody has a launch signed that the host may decrypt, unless the VM's policy accepts one", async () => {
    const { world, vm } = await prepared();
    const question = { vm: vm.id, bootSet: approved.id, idKey: "image" };
    expect(await world.manager.idBlocks.sign({ ...question, guestPolicy: "0xb0000" }, true)).toMatchObject(code("kit.plan-debug"));
    expect(await world.manager.idBlocks.sign({ ...question, guestPolicy: "0x70000" }, true)).toMatchObject(code("kit.plan-migration"));
    const demand = vm.policy.checks.guestPolicy;
    if (!("require" in demand)) throw new Error("not demanded");
    const guestPolicy = { require: { ...demand.require, allowed: [...demand.require.allowed, "debug" as const] } };
    world.disk.vms.set(vm.id, { ...vm, policy: { ...vm.policy, checks: { ...vm.policy.checks, guestPolicy } } });
    expect((await world.manager.idBlocks.sign({ ...question, guestPolicy: "0xb0000" }, true)).ok).toBe(true);
  });
});

describe("without a person, a plan has nothing signed that nobody said", () => {
  const other = { familyId: "0a".repeat(16), imageId: "0b".repeat(16), guestSvn: 8 };

  test.each([
    ["another VM's family", { familyId: other.familyId }, "FAMILY_ID"],
    ["another image's id", { imageId: other.imageId }, "IMAGE_ID"],
    ["a security version above what the policy demands", { guestSvn: other.guestSvn }, "GUEST_SVN 8"],
  ])("%s", async (_, change, detail) => {
    const { world, vm } = await prepared(change);
    const refused = { ok: false, failure: { code: "id-block.not-demanded", detail } };
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(refused);
    expect(world.disk.signedBlocks.size).toBe(0);
    // Once a person had it signed, it is no secret.
    const signed = await world.manager.idBlocks.signForPlan(vm.id, approved.id, true);
    expect(signed.ok).toBe(true);
    expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toEqual(signed);
  });

  test("but for what the policy demands nobody is asked", async () => {
    const { world, vm } = await prepared(other);
    const { familyId, imageId, guestSvn } = other;
    const demands = { familyId: { require: [familyId] }, imageId: { require: [imageId] }, guestSvn: { require: { minimum: guestSvn } } };
    world.disk.vms.set(vm.id, { ...vm, policy: { ...vm.policy, checks: { ...vm.policy.checks, ...demands } } });
    expect((await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).ok).toBe(true);
  });

  test("with a key that another VM's policy relies on, and its own does not", async () => {
    const { world, vm } = await prepared({ authorKey: "owner" });
    const digest = (name: string) => digestOf(must(world.manager.idKeys.find(name)), nodePrimitives);
    const demanding = (one: VmRecord, check: "idKeyDigest" | "authorKeyDigest", name: string): VmRecord => ({
      ...one,
      policy: { ...one.policy, checks: { ...one.policy.checks, [check]: { require: [digest(name)] } } },
    });
    for (const [check, name, detail] of [
      ["idKeyDigest", "image", "ID key image"],
      ["authorKeyDigest", "owner", "author key owner"],
    ] as const) {
      const another = await world.enrol({ name: `other of ${name}` }, (one) => demanding(one, check, name));
      const refused = { ok: false, failure: { code: "id-block.not-demanded", detail } };
      expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(refused);
      world.disk.vms.set(vm.id, demanding(vm, check, name));
      expect((await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).ok).toBe(true);
      world.disk.signedBlocks.clear();
      world.disk.vms.set(vm.id, vm);
      world.disk.vms.delete(another.id);
    }
  });

  test("nor for a set that is retired while the keychain is asked", async () => {
    const { world, vm } = await prepared();
    const signing = world.manager.idBlocks.signForPlan(vm.id, approved.id, false);
    world.disk.vms.set(vm.id, { ...vm, bootSets: [{ ...approved, retiredAt: 3_000 }] });
    expect(await signing).toMatchObject(code("id-block.not-approved"));
    expect(world.disk.signedBlocks.size).toBe(0);
    expect(world.audit().filter(({ kind }) => kind === "id-block-signed")).toEqual([]);
  });
});

describe("a question by hand", () => {
  test.each([
    ["a policy without bit 17", { guestPolicy: "0x10000" }, "id-block.guest-policy"],
    ["a policy with a reserved bit", { guestPolicy: "0x4030000" }, "id-block.guest-policy"],
    ["a family of zeros", { familyId: "00".repeat(16) }, "id-block.identity"],
    ["a short image", { imageId: "01" }, "id-block.identity"],
    ["a security version of 33 bits", { guestSvn: 2 ** 32 }, "id-block.identity"],
    ["a boot set of another VM", { bootSet: id(9) }, "kit.no-boot-set"],
    ["another VM", { vm: id(9) }, "enrolment.unknown-vm"],
  ])("is refused with %s", async (_, change, expected) => {
    const { world, vm } = await prepared();
    const question = { vm: vm.id, bootSet: approved.id, idKey: "image", ...change };
    expect(await world.manager.idBlocks.sign(question, true)).toMatchObject(code(expected));
  });

  test("has the words that it was given", async () => {
    const { world, vm } = await prepared();
    const words = { familyId: "0a".repeat(16), imageId: "0b".repeat(16), guestSvn: 0xffff_ffff, guestPolicy: "0x20000" };
    const { block } = must(await world.manager.idBlocks.sign({ vm: vm.id, bootSet: approved.id, idKey: "image", ...words }, true));
    const read = must(parseIdBlock(block));
    expect([toHex(read.familyId), toHex(read.imageId), read.guestSvn, read.policy]).toEqual([
      words.familyId,
      words.imageId,
      0xffff_ffff,
      0x2_0000n,
    ]);
  });
});

test("where nothing can be kept, nothing is signed for anybody", async () => {
  const { world, vm } = await prepared();
  world.store.failNext("not-applied");
  expect(await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).toMatchObject(code("store.not-applied"));
  expect(world.disk.signedBlocks.size).toBe(0);
  expect((await world.manager.idBlocks.signForPlan(vm.id, approved.id, false)).ok).toBe(true);
});

async function prepared(change: Partial<KeptPlan> = {}): Promise<{ readonly world: World; readonly vm: VmRecord }> {
  const world = await makeWorld({ seed: `id blocks ${worlds++}` });
  must(await world.manager.idKeys.add({ name: "image", purpose: "id" }));
  must(await world.manager.idKeys.add({ name: "owner", purpose: "author" }));
  const vm = await world.enrol({ name: "db-1" }, (one) => ({
    ...one,
    bootSets: [retired, candidate, approved],
    hostPlan: { ...plan, ...change },
    policy: { ...one.policy, checks: { ...one.policy.checks, guestSvn: { require: { minimum: 7 } } } },
  }));
  return { world, vm };
}

function never(): never {
  throw new Error("no boot set among the records");
}

let worlds = 0;
