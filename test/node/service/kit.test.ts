// Over the contract: does a kit say what the VM's record says, does its ID block fit the very launch that it describes, and does the check compare with it?
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import type { HostPlanView, KitView } from "../../../core/api/kit-schemas.ts";
import type { Role } from "../../../core/api/roles.ts";
import { fromBase64, toHex } from "../../../core/base/bytes.ts";
import { must, ok } from "../../../core/base/result.ts";
import { hosts, type Host } from "../../../core/kit/launch-kit.ts";
import type { KeptBootSet, VmRecord } from "../../../core/manager/records.ts";
import { measureBootSet } from "../../../core/measure/boot-set.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { idBlocksOf } from "../../../core/node/service/id-block-port.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { keyDigest, parseIdAuth, parseIdBlock, verifyIdAuth } from "../../../core/snp/id-block.ts";
import { KeyDetector } from "../../proofs/key-detector.ts";
import { makeWorld, type World } from "../../kit/world.ts";
import { kernel } from "../../manager/boot-kit.ts";
import { restingParts } from "./resting-parts.ts";

let world: World;
let vm: VmRecord;
let approved: KeptBootSet;
let candidate: KeptBootSet;

const planFor = (host: Host, more: Partial<HostPlanView> = {}): HostPlanView => ({
  host,
  memoryMib: 4096,
  guestPolicy: "0x30000",
  delivery: "fw-cfg",
  folder: "/srv/vm/db-1",
  disks: [{ path: "/srv/vm/db-1/root.raw", format: "raw" }],
  cbitpos: 51,
  reducedPhysBits: 1,
  ...(host === "proxmox" ? { proxmoxId: 101 } : {}),
  ...more,
});

beforeEach(async () => {
  world = await makeWorld();
  vm = await world.enrol();
  approved = add(1);
  const now = world.manager.vm(vm.id) ?? vm;
  must(world.manager.approveBootSet({ vm: vm.id, id: approved.id, before: now.policyVersions[0]?.digest ?? "", reason: "tested" }));
  candidate = add(2);
});

function add(number: number): KeptBootSet {
  const [added] = must(world.manager.addBootSet({ vm: vm.id, label: `6.12.${number}`, set: kernel(number) })).bootSets;
  if (added === undefined) throw new Error("nothing was added");
  return added;
}

const client = (role: Role) => {
  const manager = () => ok(world.manager);
  return createRouterClient(createRouter(restingParts({ manager, idBlocks: idBlocksOf(manager) })), { context: makeCaller(role) });
};
const refused = (code: string) => ({ code: "REFUSED", data: { code } });
const make = (role: Role, { id }: KeptBootSet): Promise<KitView> => client(role).kit.make({ vm: vm.id, bootSet: id });
const launchOf = ({ files }: KitView): string => files[0]?.text ?? "";

describe("a plan over the contract", () => {
  test("is set by who may operate, and shown with the VM", async () => {
    const shown = await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("libvirt") });
    expect(shown.hostPlan).toEqual(planFor("libvirt"));
    expect((await client("view").vms.get({ id: vm.id })).hostPlan).toEqual(planFor("libvirt"));
    await expect(client("view").kit.setPlan({ vm: vm.id, plan: planFor("qemu") })).rejects.toMatchObject(refused("api.not-allowed"));
  });

  test("is refused with its code, and of another shape it never reaches the manager", async () => {
    const set = (plan: object) => client("operate").kit.setPlan({ vm: vm.id, plan: { ...planFor("qemu"), ...plan } });
    await expect(set({ guestPolicy: "0xb0000" })).rejects.toMatchObject(refused("kit.plan-debug"));
    await expect(set({ folder: "x" })).rejects.toMatchObject(refused("kit.plan-malformed"));
    for (const strange of [{ extra: 1 }, { host: "xen" }, { disks: [{ path: "/a", format: "vmdk" }] }, { folder: "x".repeat(257) }])
      await expect(set(strange)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(
      client("operate").kit.setPlan({ vm: "00000000-0000-4000-8000-000000000000", plan: planFor("qemu") }),
    ).rejects.toMatchObject(refused("api.no-such-vm"));
  });
});

describe("a kit", () => {
  test("is made of the plan, the set and the newest accepted configuration, and of nothing that a caller says", async () => {
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu") });
    const kit = await make("view", approved);
    const [configuration] = vm.configurations;
    expect(kit).toMatchObject({
      host: "qemu",
      bootSet: { id: approved.id, label: "6.12.1", measurement: approved.set.measurement, approved: true },
      hostData: configuration?.digest,
      guestPolicy: "0x30000",
      idBlock: false,
    });
    expect(kit.files.find(({ name }) => name === "agent.json")?.text).toBe(configuration?.text);
    expect(toHex(fromBase64(/host-data=([A-Za-z0-9+/=]+)/.exec(launchOf(kit))?.[1] ?? "") ?? new Uint8Array(0))).toBe(
      configuration?.digest,
    );
    expect(launchOf(kit)).toContain(`-append '${approved.set.direct?.commandLine}'`);
    expect((await make("view", candidate)).bootSet.approved).toBe(false);
  });

  test("asked for twice is the same kit", async () => {
    await client("operate").idKeys.create({ name: "release", purpose: "id" });
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "release" }) });
    expect(await make("view", approved)).toEqual(await make("approve", approved));
  });

  test("without a plan, of no set or of a retired one is refused", async () => {
    await expect(make("view", approved)).rejects.toMatchObject(refused("kit.no-plan"));
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu") });
    const other = { ...approved, id: "00000000-0000-4000-8000-000000000000" };
    await expect(make("view", other)).rejects.toMatchObject(refused("kit.no-boot-set"));
    await expect(client("view").kit.make({ vm: other.id, bootSet: other.id })).rejects.toMatchObject(refused("api.no-such-vm"));
    const before = world.manager.vm(vm.id)?.policyVersions[0]?.digest ?? "";
    must(world.manager.approveBootSet({ vm: vm.id, id: candidate.id, before, reason: "tested" }));
    must(world.manager.retireBootSet({ vm: vm.id, id: approved.id, reason: "of the past" }));
    await expect(make("view", approved)).rejects.toMatchObject(refused("kit.boot-set-retired"));
  });
});

describe("a kit with an ID block", () => {
  beforeEach(async () => {
    await client("operate").idKeys.create({ name: "release", purpose: "id" });
    await client("operate").idKeys.create({ name: "owner", purpose: "author" });
  });

  test("names and versions that the policy does not demand are a person's to sign", async () => {
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "release", guestSvn: 7 }) });
    for (const role of ["view", "operate"] as const)
      await expect(make(role, approved)).rejects.toMatchObject(refused("id-block.not-demanded"));
    expect((await make("approve", approved)).idBlock).toBe(true);
    expect((await make("view", approved)).idBlock).toBe(true);
  });

  test.each(hosts)(
    "for %s has the measurement and the policy of the launch that it describes, and is signed by both keys",
    async (host) => {
      const signing = { idKey: "release", authorKey: "owner", guestSvn: 7, guestPolicy: "0x20000" };
      await client("operate").kit.setPlan({ vm: vm.id, plan: planFor(host, signing) });
      const kit = await make("approve", approved);
      const text = launchOf(kit);
      // Read back from the text alone, as the host will.
      const blockBytes = fromBase64(/(?:id-block=|<idBlock>)([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? "") ?? new Uint8Array(0);
      const authBytes = fromBase64(/(?:id-auth=|<idAuth>)([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? "") ?? new Uint8Array(0);
      const block = must(parseIdBlock(blockBytes));
      const auth = must(parseIdAuth(authBytes));
      const policies = [...text.matchAll(/(?:policy=|<policy>)(0x[0-9a-f]+)/g)].map(([, policy]) => BigInt(policy ?? ""));
      expect(policies).toEqual([block.policy]);
      expect(block.policy).toBe(0x2_0000n);
      // The set's files, as the line starts them, measured once more.
      const { measurement: _, ...files } = approved.set;
      expect(toHex(block.launchDigest)).toBe(must(measureBootSet(files, nodePrimitives)).measurement);
      for (const name of ["vmlinuz-6.12.1", "initrd.img-6.12.1", "OVMF.amdsev.fd"]) expect(text).toContain(`/srv/vm/db-1/${name}`);
      expect([block.guestSvn, toHex(block.familyId)]).toEqual([7, vm.id.replaceAll("-", "")]);
      expect(must(verifyIdAuth(auth, blockBytes, nodePrimitives))).toBe(true);
      const keys = await client("view").idKeys.list({});
      const digestOf = (name: string) => keys.find((key) => key.name === name)?.keyDigest;
      expect(toHex(keyDigest(auth.idKey, nodePrimitives))).toBe(digestOf("release"));
      expect(toHex(keyDigest(auth.author?.key ?? new Uint8Array(96), nodePrimitives))).toBe(digestOf("owner"));
      expect(text).toMatch(/author-key-enabled=on|authorKey="yes"/);
      // By the checker, too.
      expect((await client("view").kit.check({ text, vm: vm.id, bootSet: approved.id })).findings).toEqual([]);
    },
  );

  test("is signed for what a person approved; a candidate's only for who may approve", async () => {
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "release" }) });
    for (const role of ["view", "operate"] as const)
      await expect(make(role, candidate)).rejects.toMatchObject(refused("id-block.not-approved"));
    expect((await make("approve", candidate)).idBlock).toBe(true);
    expect((await make("view", approved)).idBlock).toBe(true);
  });

  test("fails with the keychain, or with a key that is not there, and is not made without its block", async () => {
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "nobody" }) });
    await expect(make("view", approved)).rejects.toMatchObject(refused("id-key.unknown"));
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "release" }) });
    world.keychain.locked = true;
    await expect(make("view", approved)).rejects.toMatchObject({
      code: "REFUSED",
      data: { code: expect.stringMatching(/^keychain\./) as string },
    });
  });

  test("holds no key, disk's or signing, in any dress", async () => {
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("qemu", { idKey: "release", authorKey: "owner" }) });
    const seen = [await make("view", approved), await client("view").kit.check({ text: "bios: ovmf\ncores: 1", vm: vm.id })];
    const secrets = Object.fromEntries(world.keychain.kept);
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(["id-key/release", "id-key/owner"]));
    expect(new KeyDetector(secrets).find(JSON.stringify(seen))).toEqual([]);
  });
});

describe("a check", () => {
  const text = "bios: ovmf\namd-sev: type=snp\ncores: 4\ncpu: EPYC-Milan";

  test("alone asks for no VM and no keychain", async () => {
    const resting = createRouterClient(createRouter(restingParts()), { context: makeCaller("view") });
    const check = await resting.kit.check({ text });
    expect([check.host, check.comparedWith, check.findings.map(({ id }) => id)]).toEqual([
      "proxmox",
      undefined,
      ["policy-debug", "host-data-missing", "no-kernel"],
    ]);
  });

  test("with a VM compares with the kit of the set that is meant, and says which", async () => {
    await expect(client("view").kit.check({ text, vm: vm.id })).rejects.toMatchObject(refused("kit.no-plan"));
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("proxmox") });
    const own = launchOf(await make("view", approved));
    expect(await client("view").kit.check({ text: own, vm: vm.id })).toEqual({
      host: "proxmox",
      findings: [],
      comparedWith: { vm: vm.id, bootSet: approved.id, label: "6.12.1" },
    });
    const other = await client("view").kit.check({ text: own, vm: vm.id, bootSet: candidate.id });
    expect(other.findings.map(({ id }) => id)).toEqual(["kernel-different", "initrd-different"]);
  });

  test("signs nothing for a candidate", async () => {
    await client("operate").idKeys.create({ name: "release", purpose: "id" });
    await client("operate").kit.setPlan({ vm: vm.id, plan: planFor("proxmox", { idKey: "release" }) });
    const before = world.audit().length;
    for (const role of ["view", "approve"] as const) await client(role).kit.check({ text, vm: vm.id, bootSet: candidate.id });
    expect(world.audit()).toHaveLength(before);
  });

  test("refuses what it cannot read with a code, and what is too long before it is read", async () => {
    await expect(client("view").kit.check({ text: "nothing" })).rejects.toMatchObject(refused("kit.check-unknown"));
    await expect(client("view").kit.check({ text: "<domain>" })).rejects.toMatchObject(refused("kit.check-malformed"));
    await expect(client("view").kit.check({ text: "x".repeat(131_073) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});
