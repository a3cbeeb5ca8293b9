// A plan is kept in one audited step, or refused with the member that is wrong; what would let the host read the guest is not kept by mistake.
import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import type { GuestPermission } from "../../core/appraise/policy-demands.ts";
import { kitParts } from "../../core/manager/kit-inputs.ts";
import type { KeptBootSet, KeptPlan, VmRecord } from "../../core/manager/records.ts";
import { vmFrom, vmRow } from "../../core/node/store/record-rows.ts";
import { makeWorld, type World } from "../kit/world.ts";
import { fullVm } from "../node/store/records.ts";

let world: World;
let vm: VmRecord;

const plan: KeptPlan = {
  host: "qemu",
  memoryMib: 4096,
  guestPolicy: "0x30000",
  delivery: "fw-cfg",
  folder: "/srv/vm/db-1",
  disks: [{ path: "/srv/vm/db-1/root.raw", format: "raw" }],
  cbitpos: 51,
  reducedPhysBits: 1,
};

beforeEach(async () => {
  world = await makeWorld();
  vm = await world.enrol();
});

describe("a plan", () => {
  test("is durable, shown by the record, and in the audit log", () => {
    const before = world.audit().length;
    const changed = must(world.manager.setPlan(vm.id, plan));
    expect(changed).toEqual({ ...vm, hostPlan: plan });
    expect(world.audit()).toHaveLength(before + 1);
    expect(world.audit().at(-1)).toMatchObject({ kind: "vm-changed", facts: { vm: vm.id, host: "qemu", guestPolicy: "0x30000" } });
    world.crash({ losingUnsynced: true });
    expect(world.manager.vm(vm.id)?.hostPlan).toEqual(plan);
    expect(vmFrom(vmRow(changed))).toEqual(changed);
  });

  test("that is the same is no change, and takes no entry", () => {
    must(world.manager.setPlan(vm.id, plan));
    const before = world.audit().length;
    expect(must(world.manager.setPlan(vm.id, { ...plan })).hostPlan).toEqual(plan);
    expect(world.audit()).toHaveLength(before);
  });

  test("changes nothing else of the VM, and another one takes its place", () => {
    must(world.manager.setPlan(vm.id, plan));
    const other: KeptPlan = { ...plan, host: "proxmox", proxmoxId: 101, idKey: "release", authorKey: "owner", guestSvn: 0xffff_ffff };
    expect(must(world.manager.setPlan(vm.id, other))).toEqual({ ...vm, hostPlan: other });
  });

  test("of a VM that is not there is refused", () => {
    expect(world.manager.setPlan("00000000-0000-4000-8000-000000000000", plan)).toMatchObject({
      failure: { code: "enrolment.unknown-vm" },
    });
  });

  test("that the store does not take is not there", () => {
    world.store.failNext("not-applied");
    expect(world.manager.setPlan(vm.id, plan)).toMatchObject({ failure: { code: "store.not-applied" } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("keeps no member that nobody looked at", () => {
    const disk = { path: "/a", format: "raw", cache: "none" } as const;
    const strange = { ...plan, extra: "x", disks: [disk] };
    expect(must(world.manager.setPlan(vm.id, strange)).hostPlan).toEqual({ ...plan, disks: [{ path: "/a", format: "raw" }] });
  });

  test("survives in a row only as it was written", () => {
    expect(vmFrom(vmRow(fullVm))).toEqual(fullVm);
    const damaged = { ...fullVm, hostPlan: { ...fullVm.hostPlan, extra: 1 } } as unknown as VmRecord;
    expect(vmFrom(vmRow(damaged))).toBeUndefined();
    const { hostPlan: _, ...before } = fullVm;
    expect(vmFrom(vmRow(before))).toEqual(before);
  });

  test.each<[string, Partial<KeptPlan>, string]>([
    ["memory below", { memoryMib: 351 }, "memoryMib"],
    ["memory above", { memoryMib: 16_777_217 }, "memoryMib"],
    ["half a MiB", { memoryMib: 512.5 }, "memoryMib"],
    ["a policy without 0x", { guestPolicy: "30000" }, "guestPolicy"],
    ["a policy in capitals", { guestPolicy: "0x3000A" }, "guestPolicy"],
    ["a policy with zeros before it", { guestPolicy: "0x00030000" }, "guestPolicy"],
    ["a policy of 65 bits", { guestPolicy: "0x10000000000030000" }, "guestPolicy"],
    ["a policy without bit 17", { guestPolicy: "0x10000" }, "guestPolicy"],
    ["a reserved bit", { guestPolicy: "0x4030000" }, "guestPolicy"],
    ["a folder that is not absolute", { folder: "srv" }, "folder"],
    ["a folder with a slash at its end", { folder: "/srv/" }, "folder"],
    ["a folder that goes up", { folder: "/srv/../etc" }, "folder"],
    ["a folder on two lines", { folder: "/srv\n/x" }, "folder"],
    ["a folder with what turns text around", { folder: "/srv/\u202e" }, "folder"],
    ["half a character", { folder: "/srv/\ud800" }, "folder"],
    ["a long folder", { folder: `/${"x".repeat(256)}` }, "folder"],
    ["a disk that is not absolute", { disks: [{ path: "root.raw", format: "raw" }] }, "disks"],
    ["one disk twice", { disks: [1, 2].map(() => ({ path: "/a", format: "raw" as const })) }, "disks: the same path twice"],
    ["too many disks", { disks: Array.from({ length: 17 }, (_, at) => ({ path: `/${at}`, format: "raw" as const })) }, "disks"],
    ["cbitpos below", { cbitpos: 31 }, "cbitpos"],
    ["cbitpos above", { cbitpos: 64 }, "cbitpos"],
    ["no reduced bits", { reducedPhysBits: 0 }, "reducedPhysBits"],
    ["all bits reduced", { reducedPhysBits: 64 }, "reducedPhysBits"],
    ["Proxmox without a number", { host: "proxmox" }, "proxmoxId: where the host is Proxmox VE, and only there"],
    ["a number without Proxmox", { proxmoxId: 101 }, "proxmoxId: where the host is Proxmox VE, and only there"],
    ["a number that Proxmox keeps for itself", { host: "proxmox", proxmoxId: 99 }, "proxmoxId"],
    ["a key's name in capitals", { idKey: "Release" }, "idKey"],
    ["a key's name that is a path", { idKey: "release", authorKey: "../x" }, "authorKey"],
    ["an author key alone", { authorKey: "owner" }, "authorKey without idKey"],
    ["a security version alone", { guestSvn: 1 }, "guestSvn without idKey"],
    ["a family alone", { familyId: "00".repeat(16) }, "familyId without idKey"],
    ["a short family", { idKey: "release", familyId: "00" }, "familyId"],
    ["an image in capitals", { idKey: "release", imageId: "AA".repeat(16) }, "imageId"],
    ["a security version of 33 bits", { idKey: "release", guestSvn: 2 ** 32 }, "guestSvn"],
  ])("with %s is refused, and changes nothing", (_what, different, detail) => {
    const refused = world.manager.setPlan(vm.id, { ...plan, ...different });
    expect(refused).toMatchObject({ ok: false, failure: { code: "kit.plan-malformed", detail: startingWith(detail) } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test.each<Partial<KeptPlan>>([
    { memoryMib: 352 },
    { memoryMib: 16_777_216 },
    { guestPolicy: "0x20000" },
    { guestPolicy: "0x3f30137" },
    { folder: "/srv/my vms/a,b 'c' é" },
    { disks: [] },
    { cbitpos: 32, reducedPhysBits: 63 },
    { host: "proxmox", proxmoxId: 100 },
    { idKey: "release", familyId: "0f".repeat(16), imageId: "0f".repeat(16), guestSvn: 0 },
  ])("at its bounds is kept: %o", (different) => {
    expect(must(world.manager.setPlan(vm.id, { ...plan, ...different })).hostPlan).toEqual({ ...plan, ...different });
  });
});

describe("a guest policy that lets the host in", () => {
  const cases = [
    ["0xb0000", "kit.plan-debug", "debug"],
    ["0x70000", "kit.plan-migration", "migrateMa"],
  ] as const;

  test.each(cases)("%s is refused", (guestPolicy, code) => {
    expect(world.manager.setPlan(vm.id, { ...plan, guestPolicy })).toMatchObject({ failure: { code } });
  });

  test.each(cases)("%s is refused where the appraisal policy waives the check: that allows nothing by name", (guestPolicy, code) => {
    withDemand({ waived: "a laboratory" });
    expect(world.manager.setPlan(vm.id, { ...plan, guestPolicy })).toMatchObject({ failure: { code } });
  });

  test.each(cases)("%s is kept where the appraisal policy allows that very bit, and no other", (guestPolicy, code, bit) => {
    withDemand({ require: { allowed: [bit, "smt"], demanded: [], abiMinimum: "0.0" } });
    expect(must(world.manager.setPlan(vm.id, { ...plan, guestPolicy })).hostPlan?.guestPolicy).toBe(guestPolicy);
    const other: GuestPermission = bit === "debug" ? "migrateMa" : "debug";
    withDemand({ require: { allowed: [other], demanded: [], abiMinimum: "0.0" } });
    expect(world.manager.setPlan(vm.id, { ...plan, guestPolicy })).toMatchObject({ failure: { code } });
    // A kit is asked for later: a plan that was right then is not now.
    expect(kitParts(world.manager.vm(vm.id) ?? vm)).toMatchObject({ failure: { code } });
  });

  function withDemand(guestPolicy: VmRecord["policy"]["checks"]["guestPolicy"]): void {
    const now = world.manager.vm(vm.id) ?? vm;
    const policy = { ...now.policy, checks: { ...now.policy.checks, guestPolicy } };
    must(world.manager.changePolicy({ vm: vm.id, policy, before: now.policyVersions[0]?.digest ?? "", reason: "for this test" }));
  }
});

describe("what a kit is made from", () => {
  const { approvedAt: _at, approvalReason: _why, retiredAt: _until, ...bare } = fullVm.bootSets[0] ?? never();
  const candidate: KeptBootSet = { ...bare, id: "00000000-0000-4000-8000-000000000911", label: "candidate" };
  const approved: KeptBootSet = { ...bare, id: "00000000-0000-4000-8000-000000000912", label: "approved", approvedAt: 5 };
  const retired: KeptBootSet = { ...approved, id: "00000000-0000-4000-8000-000000000913", label: "retired", retiredAt: 6 };
  const of = (change: Partial<VmRecord>): VmRecord => ({ ...vm, hostPlan: plan, bootSets: [candidate, approved, retired], ...change });
  const labelOf = (record: VmRecord, id?: string): string => must(kitParts(record, id)).kept.label;

  test("is the set that is named, or the newest approved one, or else the newest", () => {
    expect(labelOf(of({}))).toBe("approved");
    expect(labelOf(of({}), candidate.id)).toBe("candidate");
    expect(labelOf(of({ bootSets: [candidate, retired] }))).toBe("candidate");
    expect([must(kitParts(of({}))).isApproved, must(kitParts(of({}), candidate.id)).isApproved]).toEqual([true, false]);
  });

  test("is the newest configuration that is still accepted", () => {
    const [issued] = vm.configurations;
    if (issued === undefined) throw new Error("a VM without a configuration");
    const newer = { ...issued, digest: "ab".repeat(32), text: "{}", retiredAt: 9 };
    const { input } = must(kitParts(of({ configurations: [newer, issued] })));
    expect([input.configuration, input.hostData.length]).toEqual([issued.text, 32]);
    expect(kitParts(of({ configurations: [newer] }))).toMatchObject({ failure: { code: "kit.no-configuration" } });
  });

  test("without a plan or a set, or with one that is retired, there is none", () => {
    const { hostPlan: _, ...unplanned } = of({});
    expect(kitParts(unplanned)).toMatchObject({ failure: { code: "kit.no-plan" } });
    expect(kitParts(of({ bootSets: [] }))).toMatchObject({ failure: { code: "kit.no-boot-set" } });
    expect(kitParts(of({ bootSets: [retired] }))).toMatchObject({ failure: { code: "kit.no-boot-set" } });
    expect(kitParts(of({}), "00000000-0000-4000-8000-000000000999")).toMatchObject({ failure: { code: "kit.no-boot-set" } });
    expect(kitParts(of({}), retired.id)).toMatchObject({ failure: { code: "kit.boot-set-retired" } });
  });
});

function never(): never {
  throw new Error("no boot set");
}

/** A member's name, and what it must be. */
function startingWith(text: string): string {
  return expect.stringMatching(new RegExp(`^${text}(?::|$)`)) as string;
}
