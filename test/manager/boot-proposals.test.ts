// What a person reads before they approve boot files ahead, and that nothing takes effect but what they read.
import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { BootBench } from "./boot-bench.ts";
import { kernel, measurementOf, next, old } from "./boot-kit.ts";

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.make();
});

describe("a proposed approval", () => {
  const propose = (id: string) => bench.world.manager.proposals.proposeBootSet({ vm: bench.vm.id, id, reason: "tested" });
  const tricky = "console=ttyS0 \u00a0ro  ";

  test("says in the service's own words what is approved, and what changes in the policy", async () => {
    await bench.launch(old, "approve");
    const direct = next.direct ?? { kernel: next.firmware, commandLine: "" };
    const added = bench.add(kernel(2, { direct: { ...direct, commandLine: tricky } }));
    const { summary, measurement } = must(propose(added.id));
    expect(measurement).toBe(added.set.measurement);
    expect(summary[0]).toMatch(/^SIMULATED/);
    expect(summary[1]).toBe(`Approve the boot set “6.12.2” of “${bench.vm.name}” (${bench.vm.id}) ahead, so that a launch with it passes?`);
    expect(summary).toContain(`Measurement: ${added.set.measurement}`);
    expect(summary).toContain(`Kernel: SHA-256 ${direct.kernel.sha256}, 8000000 bytes, called "vmlinuz-6.12.2"`);
    expect(summary).toContain(String.raw`Command line: "console=ttyS0 \u{a0}ro  "`);
    expect(summary).toContain('vCPUs: 2 of "EPYC-Milan-v2" (signature 0xa00f11), guest features 0x1, VMM qemu.');
    expect(summary).toContain(`LOOSER: Launch measurement. Accepted now: ${added.set.measurement} (6.12.2).`);
    expect(summary.join("\n")).toContain("goes by itself where all else is as in a launch that a person approved");
    expect(summary.at(-1)).toBe("Reason given: “tested”");
  });

  test("shows a name that looks like another file's digest as the name that it is", () => {
    const direct = next.direct ?? never();
    const name = `vmlinuz, 8000000 bytes, SHA-256 ${direct.kernel.sha256}`;
    const other = { ...direct.kernel, name, sha256: "5".repeat(64) };
    const { summary } = must(propose(bench.add(kernel(2, { direct: { ...direct, kernel: other } })).id));
    expect(summary).toContain(`Kernel: SHA-256 ${"5".repeat(64)}, 8000000 bytes, called "${name}"`);
  });

  test("names every measurement that a policy accepts from then on, where it compared none", async () => {
    bench.vm = await bench.enrolled("first-launch-manual", { waived: "compared by hand" });
    const first = await bench.launch(old, "approve");
    const { summary } = must(propose(bench.add(kernel(2, { direct: undefined } as unknown as Partial<BootSet>)).id));
    expect(summary).toContain(`${measurementOf(old)} (approved in launch ${first.id})`);
    expect(summary.join("\n")).toContain("Required now; it was waived: compared by hand");
    expect(summary).toContain("No kernel is passed: what the firmware starts is not measured beyond the firmware file.");
  });

  test("takes effect by the code, or by the dialog, or not at all", async () => {
    const added = bench.add();
    const { proposal } = must(propose(added.id));
    const code = bench.world.manager.proposals.codeOf(proposal) ?? "";
    expect(await bench.world.manager.proposals.confirm(proposal, code)).toMatchObject({
      ok: true,
      value: { about: "boot-set", vm: { id: bench.vm.id } },
    });
    expect(bench.now().bootSets[0]).toMatchObject({ approvalReason: "tested" });
    const other = bench.add(kernel(3), "c");
    expect(await bench.world.manager.proposals.answer(must(propose(other.id)).proposal, "approve", false)).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await bench.world.manager.proposals.answer(must(propose(other.id)).proposal, "deny", true)).toMatchObject({
      failure: { code: "proposal.another-verdict" },
    });
    expect(bench.references()).not.toContain(measurementOf(kernel(3)));
    expect((await bench.world.manager.proposals.answer(must(propose(other.id)).proposal, "approve", true)).ok).toBe(true);
    expect(bench.references()).toContain(measurementOf(kernel(3)));
  });

  test("stands for the policy that the person saw", async () => {
    const { proposal } = must(propose(bench.add().id));
    must(
      bench.world.manager.changePolicy({
        vm: bench.vm.id,
        policy: { ...bench.vm.policy, approvalSeconds: 60 },
        before: bench.before(),
        reason: "x",
      }),
    );
    const code = bench.world.manager.proposals.codeOf(proposal) ?? "";
    expect(await bench.world.manager.proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "policy.changed-meanwhile" } });
  });

  test("of more than a dialog can show is refused; the terminal shows it", () => {
    const direct = next.direct ?? { kernel: next.firmware, commandLine: "" };
    const added = bench.add(kernel(2, { direct: { ...direct, commandLine: "a ".repeat(2048).trim() } }));
    expect(propose(added.id)).toMatchObject({ failure: { code: "boot.too-long-to-show" } });
    const { summary, before: of } = must(bench.world.manager.previewBootSet({ vm: bench.vm.id, id: added.id }));
    expect(summary.join("\n")).toContain("a a a");
    expect(must(bench.world.manager.approveBootSet({ vm: bench.vm.id, id: added.id, before: of, reason: "x" })).bootSets[0]).toHaveProperty(
      "approvedAt",
    );
  });

  test("of what cannot be approved is refused at once", () => {
    const added = bench.add();
    expect(bench.world.manager.proposals.proposeBootSet({ vm: bench.vm.id, id: added.id, reason: "" })).toMatchObject({
      failure: { code: "approval.reason-missing" },
    });
    bench.approve(added);
    expect(propose(added.id)).toMatchObject({ failure: { code: "boot.already-approved" } });
    expect(propose(bench.vm.id)).toMatchObject({ failure: { code: "boot.unknown" } });
  });
});

function never(): never {
  throw new Error("no kernel among the files");
}
