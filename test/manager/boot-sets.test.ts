// A candidate is measured here and lets nothing pass; a person approves it ahead, in one step with the policy; retired, it passes no more.
import { beforeEach, describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { digestOf } from "../kit/world.ts";
import { BootBench } from "./boot-bench.ts";
import { kernel, measurementOf, next, old } from "./boot-kit.ts";

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.make();
});

describe("a candidate", () => {
  test("is measured here, is in the log, and lets nothing pass", async () => {
    const added = bench.add({ ...next, measurement: "ab".repeat(48) } as Omit<BootSet, "measurement">, " 6.12.2 ");
    expect(added).toEqual({ id: expect.any(String) as string, label: "6.12.2", addedAt: bench.world.time.now(), set: added.set });
    expect(added.set.measurement).toBe(measurementOf(next));
    expect(bench.world.audit().at(-1)).toMatchObject({
      kind: "vm-changed",
      facts: { change: "boot-set-added", bootSet: added.id, label: "6.12.2", measurement: measurementOf(next), approvedAhead: [] },
    });
    expect(bench.now().policy).toEqual(bench.vm.policy);
    await bench.launch(old, "approve");
    expect(await bench.launch(next)).toMatchObject({ state: "refused", code: "appraise.measurement" });
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
    expect(bench.world.manager.addBootSet({ vm: bench.vm.id, label: "x", set })).toMatchObject({ ok: false, failure: { code } });
    expect(bench.now()).toEqual(bench.vm);
  });

  test("at the limits is taken", () => {
    bench.add(
      kernel(4, { direct: { ...direct, commandLine: "a".repeat(4096), kernel: { ...direct.kernel, name: "k".repeat(200) } } }),
      "l".repeat(100),
    );
    bench.add(kernel(5, { vcpuModel: "host", vcpuSignature: 0 }), "host");
    expect(bench.now().bootSets.map(({ label }) => label.length)).toEqual([4, 100]);
  });

  test.each([
    ["", "boot.label"],
    ["l".repeat(101), "boot.label"],
    ["a\tb", "boot.label"],
  ])("is not called %j", (label, code) => {
    expect(bench.world.manager.addBootSet({ vm: bench.vm.id, label, set: next })).toMatchObject({ failure: { code } });
  });

  test("needs a measurement and a label of its own", () => {
    bench.add();
    const again = (label: string, set: Omit<BootSet, "measurement">) => bench.world.manager.addBootSet({ vm: bench.vm.id, label, set });
    // Another name for the same file is the same bench.launch.
    const renamed = kernel(2, { direct: { ...direct, kernel: { ...kernel(2).direct?.kernel, name: "vmlinuz" } as typeof direct.kernel } });
    expect(again("other", renamed)).toMatchObject({ failure: { code: "boot.same-measurement", detail: "6.12.2" } });
    expect(again("6.12.2", kernel(3))).toMatchObject({ failure: { code: "boot.label-taken" } });
  });

  test("is removed while it was never approved", () => {
    const added = bench.add();
    expect(must(bench.world.manager.removeBootSet({ vm: bench.vm.id, id: added.id })).bootSets).toEqual([]);
    expect(bench.world.audit().at(-1)).toMatchObject({ facts: { change: "boot-set-removed", bootSet: added.id } });
    const again = bench.add();
    bench.approve(again);
    expect(bench.world.manager.removeBootSet({ vm: bench.vm.id, id: again.id })).toMatchObject({ failure: { code: "boot.approved" } });
    expect(bench.retire(bench.add(kernel(3), "c"))).toMatchObject({ failure: { code: "boot.not-approved" } });
  });

  test("there are at most 64 of; retired ones make room", () => {
    const kept = Array.from({ length: 64 }, (_, at) => bench.add(kernel(100 + at), `k${at}`));
    const more = { vm: bench.vm.id, label: "more", set: kernel(200) };
    expect(bench.world.manager.addBootSet(more)).toMatchObject({ failure: { code: "boot.too-many" } });
    const [first] = kept;
    if (first === undefined) throw new Error("none");
    bench.approve(first);
    must(bench.retire(first));
    const after = must(bench.world.manager.addBootSet(more));
    expect([after.bootSets.length, after.bootSets[0]?.label, after.bootSets.some(({ id }) => id === first.id)]).toEqual([
      64,
      "more",
      false,
    ]);
  });
});

describe("approved ahead", () => {
  test("it is one commit: the set, the policy with one more reference value, and the reason", () => {
    const added = bench.add();
    const entries = bench.world.audit().length;
    const changed = bench.approve(added);
    expect(bench.world.audit()).toHaveLength(entries + 1);
    expect(changed.bootSets[0]).toMatchObject({ approvedAt: bench.world.time.now(), approvalReason: "tested on db-2" });
    expect(changed.policy.checks.measurement).toEqual({
      require: [
        { digest: measurementOf(old), label: "known" },
        { digest: measurementOf(next), label: "6.12.2" },
      ],
    });
    expect(changed.policyVersions[0]).toMatchObject({ number: 3, reason: "tested on db-2" });
    expect(bench.world.manager.policy(bench.before())).toBe(canonicalJson(changed.policy));
    expect(bench.world.audit().at(-1)).toMatchObject({
      facts: { change: "boot-set-approved", bootSet: added.id, reason: "tested on db-2", approvedAhead: [added.id], policyVersion: 3 },
    });
  });

  test("the store takes all of it or nothing", () => {
    const added = bench.add();
    const known = bench.now();
    bench.world.store.failNext("not-applied");
    expect(bench.world.manager.approveBootSet({ vm: bench.vm.id, id: added.id, before: bench.before(), reason: "x" }).ok).toBe(false);
    expect(bench.now()).toEqual(known);
  });

  test.each<[string, Partial<{ id: string; before: string; reason: string }>, string]>([
    ["of a set that is not there", { id: "00000000-0000-4000-8000-000000000000" }, "boot.unknown"],
    ["under a policy that is not current any more", { before: "ab".repeat(48) }, "policy.changed-meanwhile"],
    ["without a reason", { reason: " " }, "approval.reason-missing"],
  ])("%s is refused", (_, different, code) => {
    const question = { vm: bench.vm.id, id: bench.add().id, before: bench.before(), reason: "x", ...different };
    expect(bench.world.manager.approveBootSet(question)).toMatchObject({ failure: { code } });
    expect(bench.references()).toEqual([measurementOf(old)]);
  });

  test("once; and not what was retired", () => {
    const added = bench.add();
    bench.approve(added);
    const again = () => bench.world.manager.approveBootSet({ vm: bench.vm.id, id: added.id, before: bench.before(), reason: "x" });
    expect(again()).toMatchObject({ failure: { code: "boot.already-approved" } });
    must(bench.retire(added));
    expect(again()).toMatchObject({ failure: { code: "boot.retired" } });
  });

  test("once more where the policy was changed meanwhile, and does not name it", () => {
    const added = bench.add();
    bench.approve(added);
    const { policy } = bench.vm;
    must(bench.world.manager.changePolicy({ vm: bench.vm.id, policy, before: bench.before(), reason: "not yet" }));
    expect(bench.references()).toEqual([measurementOf(old)]);
    bench.approve(added);
    expect(bench.references()).toEqual([measurementOf(old), measurementOf(next)]);
  });

  test("what the policy accepts already needs no version of it", () => {
    const changed = bench.approve(bench.add(old, "6.12.1"));
    expect(changed.bootSets[0]?.approvalReason).toBe("tested on db-2");
    expect(changed.policyVersions).toEqual(bench.vm.policyVersions);
  });

  test("a waived measurement becomes required, with those of the launches that were approved", async () => {
    bench.vm = await bench.enrolled("first-launch-manual", { waived: "compared by hand" });
    const first = await bench.launch(old, "approve");
    const changed = bench.approve(bench.add());
    expect(changed.policy.checks.measurement).toEqual({
      require: [
        { digest: measurementOf(old), label: `approved in launch ${first.id}` },
        { digest: measurementOf(next), label: "6.12.2" },
      ],
    });
    expect((await bench.launch(old)).state).toBe("opened");
    expect((await bench.launch(next)).state).toBe("opened");
    expect(await bench.launch(kernel(9))).toMatchObject({ state: "refused", code: "appraise.measurement" });
  });

  test("where each launch is approved by hand, the ones that were given the keys count", async () => {
    bench.vm = await bench.enrolled("manual", { waived: "compared by hand" });
    const first = await bench.launch(old, "approve");
    await bench.launch(kernel(7), "deny");
    expect(bench.approve(bench.add()).policy.checks.measurement).toMatchObject({
      require: [{ digest: measurementOf(old), label: `given keys in launch ${first.id}` }, { digest: measurementOf(next) }],
    });
  });

  test("the zeros of a simulated guest that was not measured name no image", async () => {
    bench.vm = await bench.enrolled("first-launch-manual", { waived: "simulated" });
    await bench.launch(old, "approve", bench.world.processor.launch({ hostData: digestOf(bench.vm) }));
    bench.approve(bench.add());
    expect(bench.references()).toEqual([measurementOf(next)]);
  });
});

describe("retired", () => {
  test("the last reference value stays", () => {
    const was = bench.add(old, "6.12.1");
    expect(bench.retire(was)).toMatchObject({ failure: { code: "boot.last" } });
    bench.approve(bench.add());
    must(bench.retire(was));
    expect(bench.retire(was)).toMatchObject({ failure: { code: "boot.retired" } });
    expect(bench.world.audit().at(-1)).toMatchObject({ facts: { change: "boot-set-retired", bootSet: was.id, reason: "of the past" } });
    expect(bench.world.manager.retireBootSet({ vm: bench.vm.id, id: was.id, reason: "" }).ok).toBe(false);
  });

  test("what a person approved with it counts no more, even where measurements are not compared", async () => {
    bench.vm = await bench.enrolled("first-launch-manual", { waived: "compared by hand" });
    const was = bench.add(old, "6.12.1");
    await bench.launch(old, "approve");
    bench.approve(was);
    const { policy } = bench.now();
    const waived = { ...policy, checks: { ...policy.checks, measurement: { waived: "by hand again" } } };
    must(bench.world.manager.changePolicy({ vm: bench.vm.id, policy: waived, before: bench.before(), reason: "x" }));
    expect((await bench.launch(old)).state).toBe("opened");
    expect(must(bench.retire(was))).toMatchObject({ pins: [], policy: waived });
    expect(await bench.launch(old)).toMatchObject({ state: "pending", because: { reason: "first-launch" } });
  });

  test("nothing is, where nobody compares and nobody is asked", async () => {
    bench.vm = await bench.enrolled("first-launch-manual", { waived: "compared by hand" });
    const was = bench.add(old, "6.12.1");
    bench.approve(was);
    const { policy } = bench.now();
    const waived = { ...policy, release: "automatic", checks: { ...policy.checks, measurement: { waived: "by hand again" } } } as const;
    must(bench.world.manager.changePolicy({ vm: bench.vm.id, policy: waived, before: bench.before(), reason: "x" }));
    expect(bench.retire(was)).toMatchObject({ failure: { code: "boot.not-compared" } });
    // It would have been retired, and launched all the same.
    expect((await bench.launch(old)).state).toBe("opened");
  });

  test("its files may come back as a new candidate", () => {
    const added = bench.add();
    bench.approve(added);
    must(bench.retire(added));
    const again = bench.add();
    expect(again.id).not.toBe(added.id);
    bench.approve(again);
    expect(bench.references()).toContain(measurementOf(next));
  });
});
