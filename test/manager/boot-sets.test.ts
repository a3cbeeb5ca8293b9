// The next kernel: a candidate is measured here and lets nothing pass, a person approves it ahead, the next launch with it goes by itself, and the old one
// passes until it is retired. Whole launches of real agent machines against a real manager.
import { beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import type { ReleaseRule } from "../../core/appraise/policy-demands.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import type { KeptBootSet, LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { imageOf } from "../../core/kit/id-block.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { digestOf, makeWorld, type World } from "../kit/world.ts";
import { kernel, measurementOf, shown } from "./boot-kit.ts";

let world: World;
let vm: VmRecord;

const [old, next] = [kernel(1), kernel(2)];
const require = (...sets: readonly Omit<BootSet, "measurement">[]): AppraisalPolicy["checks"]["measurement"] => ({
  require: sets.map((set) => ({ digest: measurementOf(set), label: "known" })),
});

beforeEach(async () => {
  world = await makeWorld({ limits: { launchesPerMinute: 100 } });
  vm = await enrolled("first-launch-manual", require(old));
});

function enrolled(release: ReleaseRule, measurement: AppraisalPolicy["checks"]["measurement"]): Promise<VmRecord> {
  return world.enrol({}, (record) => {
    const { policy } = record;
    return { ...record, policy: { ...policy, release, checks: { ...policy.checks, measurement } } };
  });
}

const now = (): VmRecord => world.manager.vm(vm.id) ?? vm;
const before = (): string => now().policyVersions[0]?.digest ?? "";

function add(set: Omit<BootSet, "measurement"> = next, label = "6.12.2"): KeptBootSet {
  const [added] = must(world.manager.addBootSet({ vm: vm.id, label, set })).bootSets;
  if (added === undefined) throw new Error("nothing was added");
  return added;
}

function approve({ id }: KeptBootSet): VmRecord {
  return must(world.manager.approveBootSet({ vm: vm.id, id, before: before(), reason: " tested on db-2 " }));
}

const retire = ({ id }: KeptBootSet) => world.manager.retireBootSet({ vm: vm.id, id, reason: "of the past" });

async function launch(set: Omit<BootSet, "measurement">, verdict?: "approve" | "deny", guest?: SimulatedGuest): Promise<LaunchRecord> {
  const connection = world.connect(vm, {
    guest: guest ?? world.processor.launch({ hostData: digestOf(vm), measurement: shown(set) }),
  });
  await world.run();
  if (verdict !== undefined) await world.answer(connection, verdict);
  await world.run();
  const record = world.launchOf(connection);
  connection.link.drop();
  await world.quiet();
  return record;
}

const references = () => {
  const { measurement } = now().policy.checks;
  return "require" in measurement ? measurement.require.map(({ digest }) => digest) : undefined;
};

describe("a candidate", () => {
  test("is measured here, is in the log, and lets nothing pass", async () => {
    const added = add({ ...next, measurement: "ab".repeat(48) } as Omit<BootSet, "measurement">, " 6.12.2 ");
    expect(added).toEqual({ id: expect.any(String) as string, label: "6.12.2", addedAt: world.time.now(), set: added.set });
    expect(added.set.measurement).toBe(measurementOf(next));
    expect(world.audit().at(-1)).toMatchObject({
      kind: "vm-changed",
      facts: { change: "boot-set-added", bootSet: added.id, label: "6.12.2", measurement: measurementOf(next), approvedAhead: [] },
    });
    expect(now().policy).toEqual(vm.policy);
    await launch(old, "approve");
    expect(await launch(next)).toMatchObject({ state: "refused", code: "appraise.measurement" });
  });

  const firmware = old.firmware;
  const direct = old.direct ?? { kernel: firmware, commandLine: "" };
  const section = (gpa: number, size = 4096) => ({ gpa, size, kind: "sec-mem" }) as const;
  const withFirmware = (different: Partial<typeof firmware>) => kernel(3, { firmware: { ...firmware, ...different } });
  const withDirect = (different: Partial<typeof direct>) => kernel(3, { direct: { ...direct, ...different } });

  test.each<[string, Omit<BootSet, "measurement">, string]>([
    ["a name of another line", withFirmware({ name: "a\nb" }), "measure.boot-set"],
    ["a name that turns round", withFirmware({ name: "a\u202eb" }), "measure.boot-set"],
    ["a name of 201 characters", withFirmware({ name: "a".repeat(201) }), "measure.boot-set"],
    ["a digest that is none", withFirmware({ sha256: "AB".repeat(32) }), "measure.boot-set"],
    ["a launch digest that is none", withFirmware({ launchDigest: "ab" }), "measure.boot-set"],
    ["a firmware of half a page", withFirmware({ bytes: 2048 }), "measure.boot-set"],
    ["a firmware of a gigabyte", withFirmware({ bytes: 2 ** 30 }), "measure.boot-set"],
    ["no sections", withFirmware({ sections: [] }), "measure.boot-set"],
    ["65 sections", withFirmware({ sections: Array.from({ length: 65 }, (_, at) => section(at * 4096)) }), "measure.boot-set"],
    ["sections that overlap", withFirmware({ sections: [section(0, 8192), section(4096)] }), "measure.boot-set"],
    ["sections beyond what is ever measured", withFirmware({ sections: [section(0, 2 ** 26), section(2 ** 26)] }), "measure.boot-set"],
    ["a section of half a page", withFirmware({ sections: [section(0, 100)] }), "measure.boot-set"],
    ["a section below zero", withFirmware({ sections: [section(-4096)] }), "measure.boot-set"],
    ["a section at no number", withFirmware({ sections: [section(Number.NaN)] }), "measure.boot-set"],
    ["hashes beside their section", withFirmware({ hashTable: { base: 0x10_0000, size: 1024 } }), "measure.boot-set"],
    ["a reset vector beyond 4 GiB", withFirmware({ resetEip: 2 ** 32 }), "measure.boot-set"],
    ["an empty kernel", withDirect({ kernel: { ...direct.kernel, bytes: 0 } }), "measure.kernel-empty"],
    ["a NUL", withDirect({ commandLine: "ro\0init=/bin/sh" }), "measure.command-line"],
    ["half a character", withDirect({ commandLine: "\ud800" }), "measure.boot-set"],
    ["a command line of 4097", withDirect({ commandLine: "a".repeat(4097) }), "measure.boot-set"],
    ["no vCPU", kernel(3, { vcpus: 0 }), "measure.vcpus"],
    ["a model with another's signature", kernel(3, { vcpuModel: "EPYC-Genoa" }), "measure.boot-set"],
    ["features that are no hex", kernel(3, { guestFeatures: "1" }), "measure.boot-set"],
    ["a VMM that nobody knows", kernel(3, { vmm: "ec2" as BootSet["vmm"] }), "measure.boot-set"],
  ])("with %s is refused, and nothing is kept", (_, set, code) => {
    expect(world.manager.addBootSet({ vm: vm.id, label: "x", set })).toMatchObject({ ok: false, failure: { code } });
    expect(now()).toEqual(vm);
  });

  test("at the limits is taken", () => {
    add(
      kernel(4, { direct: { ...direct, commandLine: "a".repeat(4096), kernel: { ...direct.kernel, name: "k".repeat(200) } } }),
      "l".repeat(100),
    );
    add(kernel(5, { vcpuModel: "host", vcpuSignature: 0 }), "host");
    expect(now().bootSets.map(({ label }) => label.length)).toEqual([4, 100]);
  });

  test.each([
    ["", "boot.label"],
    ["l".repeat(101), "boot.label"],
    ["a\tb", "boot.label"],
  ])("is not called %j", (label, code) => {
    expect(world.manager.addBootSet({ vm: vm.id, label, set: next })).toMatchObject({ failure: { code } });
  });

  test("needs a measurement and a label of its own", () => {
    add();
    const again = (label: string, set: Omit<BootSet, "measurement">) => world.manager.addBootSet({ vm: vm.id, label, set });
    // Another name for the same file is the same launch.
    const renamed = kernel(2, { direct: { ...direct, kernel: { ...kernel(2).direct?.kernel, name: "vmlinuz" } as typeof direct.kernel } });
    expect(again("other", renamed)).toMatchObject({ failure: { code: "boot.same-measurement", detail: "6.12.2" } });
    expect(again("6.12.2", kernel(3))).toMatchObject({ failure: { code: "boot.label-taken" } });
  });

  test("is removed while it was never approved", () => {
    const added = add();
    expect(must(world.manager.removeBootSet({ vm: vm.id, id: added.id })).bootSets).toEqual([]);
    expect(world.audit().at(-1)).toMatchObject({ facts: { change: "boot-set-removed", bootSet: added.id } });
    const again = add();
    approve(again);
    expect(world.manager.removeBootSet({ vm: vm.id, id: again.id })).toMatchObject({ failure: { code: "boot.approved" } });
    expect(retire(add(kernel(3), "c"))).toMatchObject({ failure: { code: "boot.not-approved" } });
  });

  test("there are at most 64 of; retired ones make room", () => {
    const kept = Array.from({ length: 64 }, (_, at) => add(kernel(100 + at), `k${at}`));
    const more = { vm: vm.id, label: "more", set: kernel(200) };
    expect(world.manager.addBootSet(more)).toMatchObject({ failure: { code: "boot.too-many" } });
    const [first] = kept;
    if (first === undefined) throw new Error("none");
    approve(first);
    must(retire(first));
    const after = must(world.manager.addBootSet(more));
    expect([after.bootSets.length, after.bootSets[0]?.label, after.bootSets.some(({ id }) => id === first.id)]).toEqual([
      64,
      "more",
      false,
    ]);
  });
});

describe("approved ahead", () => {
  test("it is one commit: the set, the policy with one more reference value, and the reason", () => {
    const added = add();
    const entries = world.audit().length;
    const changed = approve(added);
    expect(world.audit()).toHaveLength(entries + 1);
    expect(changed.bootSets[0]).toMatchObject({ approvedAt: world.time.now(), approvalReason: "tested on db-2" });
    expect(changed.policy.checks.measurement).toEqual({
      require: [
        { digest: measurementOf(old), label: "known" },
        { digest: measurementOf(next), label: "6.12.2" },
      ],
    });
    expect(changed.policyVersions[0]).toMatchObject({ number: 3, reason: "tested on db-2" });
    expect(world.manager.policy(before())).toBe(canonicalJson(changed.policy));
    expect(world.audit().at(-1)).toMatchObject({
      facts: { change: "boot-set-approved", bootSet: added.id, reason: "tested on db-2", approvedAhead: [added.id], policyVersion: 3 },
    });
  });

  test("the store takes all of it or nothing", () => {
    const added = add();
    const known = now();
    world.store.failNext("not-applied");
    expect(world.manager.approveBootSet({ vm: vm.id, id: added.id, before: before(), reason: "x" }).ok).toBe(false);
    expect(now()).toEqual(known);
  });

  test.each<[string, Partial<{ id: string; before: string; reason: string }>, string]>([
    ["of a set that is not there", { id: "00000000-0000-4000-8000-000000000000" }, "boot.unknown"],
    ["under a policy that is not current any more", { before: "ab".repeat(48) }, "policy.changed-meanwhile"],
    ["without a reason", { reason: " " }, "approval.reason-missing"],
  ])("%s is refused", (_, different, code) => {
    const question = { vm: vm.id, id: add().id, before: before(), reason: "x", ...different };
    expect(world.manager.approveBootSet(question)).toMatchObject({ failure: { code } });
    expect(references()).toEqual([measurementOf(old)]);
  });

  test("once; and not what was retired", () => {
    const added = add();
    approve(added);
    const again = () => world.manager.approveBootSet({ vm: vm.id, id: added.id, before: before(), reason: "x" });
    expect(again()).toMatchObject({ failure: { code: "boot.already-approved" } });
    must(retire(added));
    expect(again()).toMatchObject({ failure: { code: "boot.retired" } });
  });

  test("what the policy accepts already needs no version of it", () => {
    const changed = approve(add(old, "6.12.1"));
    expect(changed.bootSets[0]?.approvalReason).toBe("tested on db-2");
    expect(changed.policyVersions).toEqual(vm.policyVersions);
  });

  test("a waived measurement becomes required, with those of the launches that were approved", async () => {
    vm = await enrolled("first-launch-manual", { waived: "compared by hand" });
    const first = await launch(old, "approve");
    const changed = approve(add());
    expect(changed.policy.checks.measurement).toEqual({
      require: [
        { digest: measurementOf(old), label: `approved in launch ${first.id}` },
        { digest: measurementOf(next), label: "6.12.2" },
      ],
    });
    expect((await launch(old)).state).toBe("opened");
    expect((await launch(next)).state).toBe("opened");
    expect(await launch(kernel(9))).toMatchObject({ state: "refused", code: "appraise.measurement" });
  });

  test("where each launch is approved by hand, the ones that were given the keys count", async () => {
    vm = await enrolled("manual", { waived: "compared by hand" });
    const first = await launch(old, "approve");
    await launch(kernel(7), "deny");
    expect(approve(add()).policy.checks.measurement).toMatchObject({
      require: [{ digest: measurementOf(old), label: `given keys in launch ${first.id}` }, { digest: measurementOf(next) }],
    });
  });

  test("the zeros of a simulated guest that was not measured name no image", async () => {
    vm = await enrolled("first-launch-manual", { waived: "simulated" });
    await launch(old, "approve", world.processor.launch({ hostData: digestOf(vm) }));
    approve(add());
    expect(references()).toEqual([measurementOf(next)]);
  });
});

describe("the next launch", () => {
  test("goes by itself, and the record and the log say by whose word; so does the old one, until it is retired", async () => {
    const was = add(old, "6.12.1");
    const first = await launch(old, "approve");
    const added = add();
    approve(added);
    const second = await launch(next);
    expect(second).toMatchObject({
      state: "opened",
      decision: { by: "policy", pinnedBy: first.id, bootSet: { id: added.id, label: "6.12.2" } },
    });
    const released = world.audit().filter(({ kind }) => kind === "launch-released");
    expect(released.at(-1)?.facts).toMatchObject({
      by: "policy",
      pinnedBy: first.id,
      approvedAhead: { bootSet: added.id, label: "6.12.2", measurement: measurementOf(next), reason: "tested on db-2" },
    });
    const back = await launch(old);
    expect(back).toMatchObject({ state: "opened", decision: { by: "policy", pinnedBy: first.id } });
    expect(back.decision?.bootSet).toBeUndefined();

    expect(must(retire(was)).bootSets.find(({ id }) => id === was.id)).toMatchObject({ retiredAt: world.time.now() });
    expect(references()).toEqual([measurementOf(next)]);
    expect(await launch(old)).toMatchObject({ state: "refused", code: "appraise.measurement" });
    expect(await launch(next)).toMatchObject({
      state: "opened",
      decision: { by: "policy", pinnedBy: first.id, bootSet: { id: added.id } },
    });
  });

  test("goes by itself although the old one was retired before it ever came", async () => {
    const was = add(old, "6.12.1");
    await launch(old, "approve");
    approve(add());
    must(retire(was));
    expect(now().pins).toMatchObject([{ measurement: measurementOf(next) }]);
    expect(await launch(next)).toMatchObject({ state: "opened", decision: { by: "policy" } });
  });

  test("on another chip asks a person, about the chip alone", async () => {
    await launch(old, "approve");
    approve(add());
    const processor = await simulatedProcessor("Milan", { chipId: new Uint8Array(64).fill(0x77) });
    const guest = processor.launch({ hostData: digestOf(vm), measurement: shown(next) });
    expect(await launch(next, undefined, guest)).toMatchObject({
      state: "pending",
      because: { reason: "new", differences: [{ title: "Chip" }] },
    });
  });

  test("with an ID block goes by itself where its image id is the one of those files", async () => {
    const started = (set: Omit<BootSet, "measurement">, imageId: Uint8Array): SimulatedGuest =>
      world.processor.launch({ hostData: digestOf(vm), measurement: shown(set), idKeyDigest: new Uint8Array(48).fill(7), imageId });
    const image = (set: Omit<BootSet, "measurement">) => imageOf({ ...set, measurement: measurementOf(set) }, nodePrimitives);
    await launch(old, "approve", started(old, image(old)));
    const added = add();
    approve(added);
    expect((await launch(next, undefined, started(next, image(next)))).decision).toMatchObject({ by: "policy", bootSet: { id: added.id } });
    const { because } = await launch(next, undefined, started(next, image(kernel(9))));
    expect(because).toMatchObject({ reason: "new", differences: [{ title: "Image id" }] });
  });

  test("asks a person where no launch was approved yet, and under a rule that always asks", async () => {
    approve(add());
    expect(await launch(next)).toMatchObject({ state: "pending", because: { reason: "first-launch" } });
    vm = await enrolled("manual", require(old));
    approve(add());
    expect(await launch(next)).toMatchObject({ state: "pending", because: { reason: "always" } });
  });

  test("goes by policy where nobody is asked", async () => {
    vm = await enrolled("automatic", require(old));
    expect(await launch(next)).toMatchObject({ state: "refused" });
    approve(add());
    const record = await launch(next);
    expect(record).toMatchObject({ state: "opened", decision: { by: "policy" } });
    expect(record.decision).not.toHaveProperty("bootSet");
  });

  test("asks again after approvals were forgotten, those ahead included", async () => {
    await launch(old, "approve");
    const added = add();
    approve(added);
    const forgotten = must(world.manager.forgetApprovals(vm.id));
    expect(forgotten).toMatchObject({ pins: [], bootSets: [{ id: added.id }] });
    expect(forgotten.bootSets[0]).not.toHaveProperty("approvedAt");
    await launch(old, "approve");
    expect(await launch(next)).toMatchObject({ state: "pending", because: { reason: "new" } });
    // The policy names it all the same; approved again, it needs no other version.
    expect(approve(added).policyVersions).toEqual(forgotten.policyVersions);
    expect((await launch(next)).state).toBe("opened");
  });

  test("is refused where the set is retired while the launch is under way", async () => {
    await launch(old, "approve");
    const added = add();
    approve(added);
    world.simulatedCollateral.holding = true;
    const connection = world.connect(vm, { guest: world.processor.launch({ hostData: digestOf(vm), measurement: shown(next) }) });
    await world.run();
    must(retire(added));
    world.simulatedCollateral.letGo();
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "release.policy-changed" });
  });

  test("of another policy is asked to try again, and nobody decides about it", async () => {
    const added = add();
    const connection = world.connect(vm, { guest: world.processor.launch({ hostData: digestOf(vm), measurement: shown(old) }) });
    await world.run();
    expect(world.manager.pending()).toHaveLength(1);
    approve(added);
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "abandoned", code: "release.policy-changed" });
  });
});

describe("retired", () => {
  test("the last reference value stays", () => {
    const was = add(old, "6.12.1");
    expect(retire(was)).toMatchObject({ failure: { code: "boot.last" } });
    approve(add());
    must(retire(was));
    expect(retire(was)).toMatchObject({ failure: { code: "boot.retired" } });
    expect(world.audit().at(-1)).toMatchObject({ facts: { change: "boot-set-retired", bootSet: was.id, reason: "of the past" } });
    expect(world.manager.retireBootSet({ vm: vm.id, id: was.id, reason: "" }).ok).toBe(false);
  });

  test("what a person approved with it counts no more, even where measurements are not compared", async () => {
    vm = await enrolled("first-launch-manual", { waived: "compared by hand" });
    const was = add(old, "6.12.1");
    await launch(old, "approve");
    approve(was);
    const { policy } = now();
    const waived = { ...policy, checks: { ...policy.checks, measurement: { waived: "by hand again" } } };
    must(world.manager.changePolicy({ vm: vm.id, policy: waived, before: before(), reason: "x" }));
    expect((await launch(old)).state).toBe("opened");
    expect(must(retire(was))).toMatchObject({ pins: [], policy: waived });
    expect(await launch(old)).toMatchObject({ state: "pending", because: { reason: "first-launch" } });
  });

  test("its files may come back as a new candidate", () => {
    const added = add();
    approve(added);
    must(retire(added));
    const again = add();
    expect(again.id).not.toBe(added.id);
    approve(again);
    expect(references()).toContain(measurementOf(next));
  });
});

describe("a proposed approval", () => {
  const propose = (id: string) => world.manager.proposals.proposeBootSet({ vm: vm.id, id, reason: "tested" });
  const tricky = "console=ttyS0 \u00a0ro  ";

  test("says in the service's own words what is approved, and what changes in the policy", async () => {
    await launch(old, "approve");
    const direct = next.direct ?? { kernel: next.firmware, commandLine: "" };
    const added = add(kernel(2, { direct: { ...direct, commandLine: tricky } }));
    const { summary, measurement } = must(propose(added.id));
    expect(measurement).toBe(added.set.measurement);
    expect(summary[0]).toMatch(/^SIMULATED/);
    expect(summary[1]).toBe(`Approve the boot set “6.12.2” of “${vm.name}” (${vm.id}) ahead, so that a launch with it passes?`);
    expect(summary).toContain(`Measurement: ${added.set.measurement}`);
    expect(summary).toContain(`Kernel: vmlinuz-6.12.2, 8000000 bytes, SHA-256 ${direct.kernel.sha256}`);
    expect(summary).toContain(String.raw`Command line: "console=ttyS0 \u{a0}ro  "`);
    expect(summary).toContain("vCPUs: 2 of EPYC-Milan-v2 (signature 0xa00f11), guest features 0x1, VMM qemu.");
    expect(summary).toContain(`LOOSER: Launch measurement. Accepted now: ${added.set.measurement} (6.12.2).`);
    expect(summary.join("\n")).toContain("goes by itself where all else is as in a launch that a person approved");
    expect(summary.at(-1)).toBe("Reason given: tested");
  });

  test("names every measurement that a policy accepts from then on, where it compared none", async () => {
    vm = await enrolled("first-launch-manual", { waived: "compared by hand" });
    const first = await launch(old, "approve");
    const { summary } = must(propose(add(kernel(2, { direct: undefined } as unknown as Partial<BootSet>)).id));
    expect(summary).toContain(`${measurementOf(old)} (approved in launch ${first.id})`);
    expect(summary.join("\n")).toContain("Required now; it was waived: compared by hand");
    expect(summary).toContain("No kernel is passed: what the firmware starts is not measured beyond the firmware file.");
  });

  test("takes effect by the code, or by the dialog, or not at all", async () => {
    const added = add();
    const { proposal } = must(propose(added.id));
    const code = world.manager.proposals.codeOf(proposal) ?? "";
    expect(await world.manager.proposals.confirm(proposal, code)).toMatchObject({
      ok: true,
      value: { about: "boot-set", vm: { id: vm.id } },
    });
    expect(now().bootSets[0]).toMatchObject({ approvalReason: "tested" });
    const other = add(kernel(3), "c");
    expect(await world.manager.proposals.answer(must(propose(other.id)).proposal, "approve", false)).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await world.manager.proposals.answer(must(propose(other.id)).proposal, "deny", true)).toMatchObject({
      failure: { code: "proposal.another-verdict" },
    });
    expect(references()).not.toContain(measurementOf(kernel(3)));
    expect((await world.manager.proposals.answer(must(propose(other.id)).proposal, "approve", true)).ok).toBe(true);
    expect(references()).toContain(measurementOf(kernel(3)));
  });

  test("stands for the policy that the person saw", async () => {
    const { proposal } = must(propose(add().id));
    must(world.manager.changePolicy({ vm: vm.id, policy: { ...vm.policy, approvalSeconds: 60 }, before: before(), reason: "x" }));
    const code = world.manager.proposals.codeOf(proposal) ?? "";
    expect(await world.manager.proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "policy.changed-meanwhile" } });
  });

  test("of more than a dialog can show is refused; the terminal shows it", () => {
    const direct = next.direct ?? { kernel: next.firmware, commandLine: "" };
    const added = add(kernel(2, { direct: { ...direct, commandLine: "a ".repeat(2048).trim() } }));
    expect(propose(added.id)).toMatchObject({ failure: { code: "boot.too-long-to-show" } });
    const { summary, before: of } = must(world.manager.previewBootSet({ vm: vm.id, id: added.id }));
    expect(summary.join("\n")).toContain("a a a");
    expect(must(world.manager.approveBootSet({ vm: vm.id, id: added.id, before: of, reason: "x" })).bootSets[0]).toHaveProperty(
      "approvedAt",
    );
  });

  test("of what cannot be approved is refused at once", () => {
    const added = add();
    expect(world.manager.proposals.proposeBootSet({ vm: vm.id, id: added.id, reason: "" })).toMatchObject({
      failure: { code: "approval.reason-missing" },
    });
    approve(added);
    expect(propose(added.id)).toMatchObject({ failure: { code: "boot.already-approved" } });
    expect(propose(vm.id)).toMatchObject({ failure: { code: "boot.unknown" } });
  });
});

test("a manager that starts again knows what was approved", async () => {
  await launch(old, "approve");
  const added = add();
  approve(added);
  world.crash();
  expect(now().bootSets).toMatchObject([{ id: added.id, approvalReason: "tested on db-2" }]);
  expect((await launch(next)).decision).toMatchObject({ by: "policy", bootSet: { id: added.id } });
  expect(toHex(shown(next))).toBe(measurementOf(next));
});
