// Can a console keep boot sets over the contract, and approve one only where a person confirmed it? A real manager behind the router.
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../core/api/roles.ts";
import { ok } from "../../../core/base/result.ts";
import type { Proposal } from "../../../core/manager/proposals.ts";
import type { VmRecord } from "../../../core/manager/records.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { proposalView } from "../../../core/node/service/proposal-views.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { kernel, measurementOf } from "../../manager/boot-kit.ts";
import { makeWorld, type World } from "../../kit/world.ts";
import { restingParts } from "./resting-parts.ts";

let world: World;
let vm: VmRecord;
let before = "";
const shown: Proposal[] = [];

beforeEach(async () => {
  world = await makeWorld();
  vm = await world.enrol();
  before = vm.policyVersions[0]?.digest ?? "";
  shown.length = 0;
});

const candidate = () => ({ vm: vm.id, label: "6.12.2", set: kernel(2) });

async function added(): Promise<string> {
  const [kept] = (await client("operate").boot.add(candidate())).bootSets;
  return kept?.id ?? "";
}

describe("a boot set", () => {
  test("is kept with the measurement that the manager worked out, approved and retired", async () => {
    const detail = await client("operate").boot.add(candidate());
    expect(detail.bootSets).toEqual([
      {
        id: expect.any(String) as string,
        label: "6.12.2",
        addedAt: expect.any(String) as string,
        set: { ...kernel(2), measurement: measurementOf(kernel(2)) },
      },
    ]);
    const id = detail.bootSets[0]?.id ?? "";
    const preview = await client("view").boot.preview({ vm: vm.id, id });
    expect(preview).toMatchObject({ before, summary: expect.arrayContaining([`Measurement: ${measurementOf(kernel(2))}`]) as string[] });
    const approved = await client("approve").boot.approve({ vm: vm.id, id, before, reason: "tested" });
    expect(approved).toMatchObject({ policyVersion: { number: 2, reason: "tested" }, bootSets: [{ approvalReason: "tested" }] });
    const next = await client("operate").boot.add({ vm: vm.id, label: "6.12.3", set: kernel(3) });
    const other = next.bootSets[0]?.id ?? "";
    await client("approve").boot.approve({ vm: vm.id, id: other, before: next.policyVersion.digest, reason: "tested, too" });
    const retired = await client("operate").boot.retire({ vm: vm.id, id, reason: "of the past" });
    expect(retired.bootSets.find((kept) => kept.id === id)).toHaveProperty("retiredAt");
    expect(retired.policyVersion).toMatchObject({ number: 4, reason: "of the past" });
    expect((await client("view").vms.get({ id: vm.id })).bootSets).toEqual(retired.bootSets);
  });

  test("that brings a measurement of its own never reaches the manager", async () => {
    const believed = { ...candidate(), set: { ...kernel(2), measurement: "ab".repeat(48) } };
    await expect(client("operate").boot.add(believed)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(world.manager.vm(vm.id)?.bootSets).toEqual([]);
  });

  test.each<[string, object]>([
    [
      "too many sections",
      { firmware: { ...kernel(2).firmware, sections: Array.from({ length: 65 }, () => kernel(2).firmware.sections[0]) } },
    ],
    ["a command line of 4097", { direct: { ...kernel(2).direct, commandLine: "a".repeat(4097) } }],
    ["a digest of another length", { firmware: { ...kernel(2).firmware, sha256: "ab" } }],
    ["a member that nobody knows", { verified: true }],
  ])("with %s never reaches it either", async (_, different) => {
    const asked = { ...candidate(), set: { ...kernel(2), ...different } };
    await expect(client("operate").boot.add(asked)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("that the manager refuses has a code", async () => {
    const asked = { ...candidate(), set: { ...kernel(2), vcpuModel: "EPYC-Genoa" } };
    await expect(client("operate").boot.add(asked)).rejects.toMatchObject({ data: { code: "measure.boot-set" } });
    await expect(client("operate").boot.remove({ vm: vm.id, id: vm.id })).rejects.toMatchObject({ data: { code: "boot.unknown" } });
  });

  test("that is no candidate any more is gone", async () => {
    const id = await added();
    expect((await client("operate").boot.remove({ vm: vm.id, id })).bootSets).toEqual([]);
  });
});

describe("a page", () => {
  test("proposes an approval, which waits for the code of the terminal", async () => {
    const page = client("operate");
    const id = await added();
    const proposal = await page.approvals.proposeBootSet({ vm: vm.id, id, reason: "tested" });
    expect(proposal).toMatchObject({
      about: "boot-set",
      vm: vm.id,
      bootSet: id,
      measurement: measurementOf(kernel(2)),
      verdict: "approve",
    });
    expect(shown.map(proposalView)).toEqual([proposal]);
    expect(await client("approve").approvals.open({})).toEqual([proposal]);
    expect(JSON.stringify(proposal)).not.toContain(world.manager.proposals.codeOf(proposal.proposal));
    await expect(page.approvals.confirm({ proposal: proposal.proposal, code: "0000" })).rejects.toMatchObject({
      data: { code: "proposal.wrong-code" },
    });
    expect(world.manager.vm(vm.id)?.bootSets[0]).not.toHaveProperty("approvedAt");
    const code = world.manager.proposals.codeOf(proposal.proposal) ?? "";
    expect(await page.approvals.confirm({ proposal: proposal.proposal, code })).toMatchObject({ about: "boot-set", vm: { id: vm.id } });
    expect(world.manager.vm(vm.id)?.bootSets[0]).toHaveProperty("approvedAt");
  });

  test("cannot approve by itself, nor answer for the dialog; whoever only looks can keep nothing", async () => {
    const page = client("operate");
    const id = await added();
    const { proposal } = await page.approvals.proposeBootSet({ vm: vm.id, id, reason: "tested" });
    const onlooker = client("view");
    for (const asked of [
      page.boot.approve({ vm: vm.id, id, before, reason: "tested" }),
      page.approvals.answer({ proposal, verdict: "approve", confirmed: true }),
      onlooker.boot.add(candidate()),
      onlooker.boot.remove({ vm: vm.id, id }),
      onlooker.boot.retire({ vm: vm.id, id, reason: "x" }),
      onlooker.approvals.proposeBootSet({ vm: vm.id, id, reason: "x" }),
    ])
      await expect(asked).rejects.toMatchObject({ data: { code: "api.not-allowed" } });
    expect(world.manager.vm(vm.id)?.policy).toEqual(vm.policy);
  });

  test("leaves the answer to the dialog", async () => {
    const id = await added();
    const { proposal } = await client("operate").approvals.proposeBootSet({ vm: vm.id, id, reason: "tested" });
    await client("approve").approvals.answer({ proposal, verdict: "approve", confirmed: true });
    expect(world.manager.vm(vm.id)?.bootSets[0]).toMatchObject({ approvalReason: "tested" });
  });
});

function client(role: Role) {
  const router = createRouter(restingParts({ manager: () => ok(world.manager), onProposal: (proposal) => void shown.push(proposal) }));
  return createRouterClient(router, { context: makeCaller(role) });
}
