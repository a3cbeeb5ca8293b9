// A policy changes by a new version, never in place; a launch is judged by one version from end to end; a person confirms what a page proposes.
import { beforeEach, describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { defaultLimits } from "../../core/manager/limits.ts";
import { policyDigest } from "../../core/manager/policies.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { digestOf, makeWorld, saidOn, sent, type World } from "../kit/world.ts";

let world: World;
let vm: VmRecord;
let looser: AppraisalPolicy;

beforeEach(async () => {
  world = await makeWorld({ limits: { launchesPerMinute: 100 } });
  vm = await world.enrol();
  looser = { ...vm.policy, checks: { ...vm.policy.checks, vmpl: { waived: "a firmware layer runs below the agent" } } };
});

function before(of: VmRecord = vm): string {
  return of.policyVersions[0]?.digest ?? "";
}

describe("a change", () => {
  test("is a new version; the old one is kept under its digest, word for word", () => {
    const changed = must(world.manager.changePolicy({ vm: vm.id, policy: looser, before: before(), reason: " new firmware " }));
    expect(changed.policy).toEqual(looser);
    expect(changed.policyVersions).toMatchObject([
      { number: 2, digest: policyDigest(looser, nodePrimitives), reason: "new firmware" },
      { number: 1, digest: before() },
    ]);
    expect(world.manager.policy(before())).toBe(canonicalJson(vm.policy));
    expect(world.manager.policy(before(changed))).toBe(canonicalJson(looser));
    expect(world.audit().at(-1)).toMatchObject({
      kind: "vm-changed",
      facts: { policy: before(changed), policyVersion: 2, policyReason: "new firmware" },
    });
  });

  test.each<[string, Partial<{ vm: string; before: string; reason: string }>, string]>([
    ["of a VM that is not there", { vm: "00000000-0000-4000-8000-000000000000" }, "enrolment.unknown-vm"],
    ["without a reason", { reason: "  " }, "approval.reason-missing"],
    ["of a policy that is not current any more", { before: "ab".repeat(48) }, "policy.changed-meanwhile"],
  ])("%s is refused, and changes nothing", (_, different, code) => {
    const question = { vm: vm.id, policy: looser, before: before(), reason: "because", ...different };
    expect(world.manager.changePolicy(question)).toMatchObject({ ok: false, failure: { code } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("to the same policy is none", () => {
    expect(must(world.manager.changePolicy({ vm: vm.id, policy: vm.policy, before: before(), reason: "x" }))).toEqual(vm);
  });

  test("that the store does not take is none", () => {
    world.store.failNext("not-applied");
    expect(world.manager.changePolicy({ vm: vm.id, policy: looser, before: before(), reason: "x" }).ok).toBe(false);
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });
});

describe("holds 10: a launch that was judged by the older version", () => {
  const change = () => must(world.manager.changePolicy({ vm: vm.id, policy: looser, before: before(), reason: "x" }));

  test("ends at once with “try later”, and the next one is judged by the new version", async () => {
    const connection = world.connect(vm);
    await world.run();
    expect(world.manager.pending()).toHaveLength(1);
    change();
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "abandoned", code: "release.policy-changed" });
    expect(saidOn(connection.link).at(-1)).toMatchObject({ type: "refused", code: "try-later" });
    expect(world.manager.pending()).toEqual([]);
    const again = world.connect(world.manager.vm(vm.id) ?? vm);
    await world.run();
    await world.answer(again);
    await world.run();
    expect(world.launchOf(again)).toMatchObject({ state: "opened" });
    const released = world.audit().find(({ kind }) => kind === "launch-released");
    expect(released?.facts["policy"]).toBe(policyDigest(looser, nodePrimitives));
  });

  test("gets no key although a person approved, where the policy changes while the keychain is asked", async () => {
    const connection = world.connect(vm);
    await world.run();
    world.keychain.holding = true;
    const decided = world.decide(connection);
    await world.quiet();
    change();
    world.keychain.letGo();
    expect(await decided).toMatchObject({ ok: false, failure: { code: "approval.launch-ended" } });
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "abandoned", code: "release.policy-changed" });
    expect(sent(connection.link, "release")).toBe(false);
    await world.settle();
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  });

  test("is refused where the policy changes while it is judged", async () => {
    world.simulatedCollateral.holding = true;
    const connection = world.connect(vm);
    await world.run();
    change();
    world.simulatedCollateral.letGo();
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "release.policy-changed" });
    expect(saidOn(connection.link).at(-1)).toMatchObject({ type: "refused", code: "try-later" });
  });

  test("goes on where nothing is changed", async () => {
    const connection = world.connect(vm);
    await world.run();
    must(world.manager.changePolicy({ vm: vm.id, policy: vm.policy, before: before(), reason: "x" }));
    must(world.manager.forgetApprovals(vm.id));
    await world.answer(connection);
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "opened" });
  });
});

describe("a proposed change", () => {
  const propose = (policy: AppraisalPolicy) =>
    world.manager.proposals.proposePolicy({ vm: vm.id, policy, before: before(), reason: "because" });

  test("says in the service's own words what becomes looser, first", () => {
    const changed = { ...looser, approvalSeconds: 30 };
    const { summary } = must(propose(changed));
    expect(summary[0]).toMatch(/^SIMULATED/);
    expect(summary[1]).toBe(`Change the policy of “${vm.name}” (${vm.id}) from version 1 to version 2?`);
    expect(summary[2]).toBe("Looser: 1. Stricter: 1. Otherwise: 0.");
    expect(summary[3]).toMatch(/^LOOSER: Privilege level of the agent\. Waived now: a firmware layer/);
    expect(summary[4]).toMatch(/^Stricter: Time to approve/);
    expect(summary.at(-1)).toBe("Reason given: “because”");
  });

  describe("of which a dialog could not show all that becomes looser is refused", () => {
    const digests = (count: number) => Array.from({ length: count }, (_, index) => (index + 1).toString(16).padStart(96, "0"));
    const allowing = (count: number): AppraisalPolicy => ({
      ...vm.policy,
      checks: { ...vm.policy.checks, idKeyDigest: { require: digests(count) } },
    });
    const from = async (policy: AppraisalPolicy) => {
      vm = await world.enrol({}, (record) => ({ ...record, policy }));
    };

    test.each([
      [40, true],
      [41, false],
    ])("%i digests more: %s", async (more, shown) => {
      await from(allowing(1));
      const proposed = propose(allowing(1 + more));
      expect(proposed.ok).toBe(shown);
      const text = proposed.ok ? proposed.value.summary.join("\n") : proposed.failure.code;
      if (!shown) expect(text).toBe("policy.too-much-looser");
      else
        expect(
          digests(1 + more)
            .slice(1)
            .filter((digest) => !text.includes(digest)),
        ).toEqual([]);
    });

    test("and what becomes stricter is counted, and shortened", async () => {
      const floor = (value: number) => ({ bootloader: value, tee: value, snp: value, microcode: value });
      const floors = (value: number): AppraisalPolicy => {
        const demand = { require: { Milan: floor(value) } };
        return {
          ...vm.policy,
          checks: { ...vm.policy.checks, reportedTcb: demand, committedTcb: demand, currentTcb: demand, launchTcb: demand },
        };
      };
      await from(floors(1));
      const { summary } = must(propose(floors(2)));
      expect(summary[2]).toBe("Looser: 0. Stricter: 16. Otherwise: 0.");
      expect(summary.filter((line) => line.startsWith("Stricter:"))).toHaveLength(12);
      expect(summary.at(-2)).toBe("And 4 more: stricter.");
    });
  });

  test("takes effect by the code, once", async () => {
    const { proposal } = must(propose(looser));
    expect(world.manager.vm(vm.id)).toEqual(vm);
    const code = world.manager.proposals.codeOf(proposal) ?? "";
    expect(await world.manager.proposals.confirm(proposal, code)).toMatchObject({
      ok: true,
      value: { about: "policy", vm: { policy: looser } },
    });
    expect(await world.manager.proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "proposal.unknown" } });
  });

  test("by the dialog, or not at all", async () => {
    expect(await world.manager.proposals.answer(must(propose(looser)).proposal, "approve", false)).toEqual({ ok: true, value: undefined });
    expect(world.manager.vm(vm.id)).toEqual(vm);
    expect(await world.manager.proposals.answer(must(propose(looser)).proposal, "approve", true)).toMatchObject({ ok: true });
    expect(world.manager.vm(vm.id)?.policy).toEqual(looser);
  });

  test("does not overwrite a change that came in between", async () => {
    const { proposal } = must(propose(looser));
    must(world.manager.changePolicy({ vm: vm.id, policy: { ...vm.policy, approvalSeconds: 60 }, before: before(), reason: "x" }));
    const code = world.manager.proposals.codeOf(proposal) ?? "";
    expect(await world.manager.proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "policy.changed-meanwhile" } });
  });

  test("of the same policy, or of an older one, is refused at once; and proposals are bounded together", () => {
    expect(propose(vm.policy)).toMatchObject({ failure: { code: "policy.same" } });
    expect(world.manager.proposals.proposePolicy({ vm: vm.id, policy: looser, before: "ab".repeat(48), reason: "x" })).toMatchObject({
      failure: { code: "policy.changed-meanwhile" },
    });
    for (let count = 0; count < defaultLimits.proposals; count++) expect(propose(looser).ok).toBe(true);
    expect(propose(looser)).toMatchObject({ failure: { code: "proposal.too-many" } });
  });
});

test("what earlier launches say is a signal, in the record, before the confirmation, and in the audit log", async () => {
  const first = world.connect(vm);
  await world.run();
  await world.answer(first);
  await world.run();
  first.link.drop();
  await world.quiet();
  const older = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 20, microcode: 200 } as const;
  const chip = { chipId: world.processor.chip.chipId, reportedTcb: older, committedTcb: older };
  const guest = (await simulatedProcessor("Milan", chip)).launch({ hostData: digestOf(vm) });
  const second = world.connect(vm, { guest });
  await world.run();
  const { checks = [] } = world.launchOf(second);
  const signals = checks.flatMap(({ id, signal }) => (signal === undefined ? [] : [id]));
  expect(signals).toEqual(["tcb-history", "other-instance"]);
  await world.answer(second, "deny");
  await world.run();
  expect(world.audit().at(-1)).toMatchObject({ kind: "launch-refused", facts: { signals: ["tcb-history", "other-instance"] } });
});

test("demanded of the policy, a firmware that went back is refused", async () => {
  const strict = { ...vm.policy, checks: { ...vm.policy.checks, tcbHistory: { require: true } } } as const;
  must(world.manager.changePolicy({ vm: vm.id, policy: strict, before: before(), reason: "x" }));
  const first = world.connect(vm);
  await world.run();
  await world.answer(first);
  await world.run();
  first.link.drop();
  await world.quiet();
  const older = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 20, microcode: 200 } as const;
  const chip = { chipId: world.processor.chip.chipId, reportedTcb: older, committedTcb: older };
  const second = world.connect(vm, { guest: (await simulatedProcessor("Milan", chip)).launch({ hostData: digestOf(vm) }) });
  await world.run();
  expect(world.launchOf(second)).toMatchObject({ state: "refused" });
  expect(world.launchOf(second).checks?.find(({ id }) => id === "tcb-history")).toMatchObject({
    verdict: "fail",
    code: "appraise.tcb-lower",
  });
});
