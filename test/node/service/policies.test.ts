// Can a console read, check and propose policies over the contract, and change one only where a person confirmed it? A real manager behind the router.
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import { policyFromText } from "../../../core/appraise/policy-text.ts";
import { policyYaml } from "../../../core/appraise/policy-yaml.ts";
import { policyReference } from "../../../core/appraise/policy-reference.ts";
import { presetNames, presets, strictPreset } from "../../../core/appraise/presets.ts";
import type { Role } from "../../../core/api/roles.ts";
import { canonicalJson, parseJson } from "../../../core/base/json.ts";
import { must, ok } from "../../../core/base/result.ts";
import type { Proposal } from "../../../core/manager/proposals.ts";
import type { VmRecord } from "../../../core/manager/records.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { createRouter } from "../../../core/node/service/router.ts";
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

const looser = () => ({ ...vm.policy, approvalSeconds: vm.policy.approvalSeconds + 60 });

describe("a draft", () => {
  test("in YAML is a policy, with what it waives and what it would change", async () => {
    const text = policyYaml(looser());
    const draft = await client("view").policies.check({ text, vm: vm.id });
    expect(draft).toMatchObject({ ok: true, faults: [], policy: canonicalJson(looser()) });
    expect(draft.changes).toMatchObject([{ field: "approvalSeconds", direction: "looser" }]);
    expect(draft.waived.map(({ field }) => field)).toContain("measurement");
    expect(must(policyFromText(draft.yaml ?? ""))).toEqual(looser());
  });

  test("of no VM changes nothing that could be named", async () => {
    expect((await client("view").policies.check({ text: canonicalJson(looser()) })).changes).toEqual([]);
  });

  test("that is none says every fault, and nothing else", async () => {
    const broken = canonicalJson({ ...vm.policy, approvalSeconds: -1, failedOpensMaximum: 0 });
    const draft = await client("view").policies.check({ text: broken, vm: vm.id });
    expect(draft).toEqual({ ok: false, faults: expect.any(Array) as string[], waived: [], changes: [] });
    expect(draft.faults).toHaveLength(2);
  });

  test("longer than a policy may be never reaches the parser", async () => {
    await expect(client("view").policies.check({ text: " ".repeat(131_073) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("what a console edits with", () => {
  test("every preset is a policy that says what it is for", async () => {
    const listed = await client("view").policies.presets({});
    expect(listed.map(({ name }) => name)).toEqual(presetNames);
    for (const { name, text, notes } of listed) {
      expect(must(policyFromText(text))).toEqual(presets[name].policy({}));
      expect(notes.length).toBeGreaterThan(0);
    }
  });

  test("every field has its words, and the schema is one", async () => {
    const fields = await client("view").policies.fields({});
    expect(fields.map(({ field }) => field).toSorted()).toEqual(Object.keys(policyReference).toSorted());
    expect(fields.every(({ title, form, meaning, stake }) => [title, form, meaning, stake].every((words) => words !== ""))).toBe(true);
    expect(parseJson((await client("view").policies.schema({})).schema)).toMatchObject({ type: "object" });
  });
});

describe("versions", () => {
  test("a change is a new one, and each can be read as it was", async () => {
    const changed = await client("approve").vms.setPolicy({ vm: vm.id, text: policyYaml(looser()), before, reason: "slower people" });
    expect(changed.policyVersion).toMatchObject({ number: 2, reason: "slower people" });
    const api = client("view");
    expect((await api.vms.policyVersions({ id: vm.id })).map(({ number }) => number)).toEqual([2, 1]);
    expect(await api.vms.policyOf({ id: vm.id, number: 2 })).toEqual({ policy: canonicalJson(looser()) });
    await expect(api.vms.policyOf({ id: vm.id, number: 3 })).rejects.toMatchObject({ data: { code: "api.no-such-policy" } });
  });

  test.each<[string, object, string]>([
    ["text that is no policy", { text: "{}" }, "appraise.policy-malformed"],
    ["a policy that is not current any more", { before: "ab".repeat(48) }, "policy.changed-meanwhile"],
    ["a VM that is not there", { vm: "00000000-0000-4000-8000-000000000000" }, "enrolment.unknown-vm"],
  ])("%s changes nothing", async (_, different, code) => {
    const question = { vm: vm.id, text: canonicalJson(looser()), before, reason: "x", ...different };
    await expect(client("approve").vms.setPolicy(question)).rejects.toMatchObject({ data: { code } });
    await expect(client("operate").approvals.proposePolicy(question)).rejects.toMatchObject({ data: { code } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
    expect(shown).toEqual([]);
  });
});

describe("a page", () => {
  const question = () => ({ vm: vm.id, text: canonicalJson(looser()), before, reason: "slower people" });

  test("proposes a change, which waits for the code of the terminal", async () => {
    const page = client("operate");
    const proposal = await page.approvals.proposePolicy(question());
    expect(proposal).toMatchObject({ about: "policy", vm: vm.id, before, verdict: "approve" });
    expect(proposal.summary.join("\n")).toContain("LOOSER: Time to approve.");
    expect(JSON.stringify(proposal)).not.toContain(world.manager.proposals.codeOf(proposal.proposal));
    expect(shown.map(({ proposal: id }) => id)).toEqual([proposal.proposal]);
    await expect(page.approvals.confirm({ proposal: proposal.proposal, code: "0000" })).rejects.toMatchObject({
      data: { code: "proposal.wrong-code" },
    });
    expect(world.manager.vm(vm.id)).toEqual(vm);
    const code = world.manager.proposals.codeOf(proposal.proposal) ?? "";
    expect(await page.approvals.confirm({ proposal: proposal.proposal, code })).toMatchObject({ about: "policy", vm: { id: vm.id } });
    expect(world.manager.vm(vm.id)?.policy).toEqual(looser());
  });

  test("cannot change it, nor answer for the dialog", async () => {
    const page = client("operate");
    const { proposal } = await page.approvals.proposePolicy(question());
    for (const asked of [page.vms.setPolicy(question()), page.approvals.answer({ proposal, verdict: "approve", confirmed: true })])
      await expect(asked).rejects.toMatchObject({ data: { code: "api.not-allowed" } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("may make the next launch a first one", async () => {
    expect((await client("operate").vms.forgetApprovals({ id: vm.id })).pins).toEqual([]);
  });

  test("hears what would be too much for a dialog", async () => {
    const digests = Array.from({ length: 60 }, (_, index) => (index + 1).toString(16).padStart(96, "0"));
    const strict = strictPreset();
    const named = { ...strict, checks: { ...strict.checks, idKeyDigest: { require: digests.slice(0, 1) } } };
    await client("approve").vms.setPolicy({ vm: vm.id, text: canonicalJson(named), before, reason: "named" });
    const text = canonicalJson({ ...named, checks: { ...named.checks, idKeyDigest: { require: digests } } });
    const now = world.manager.vm(vm.id)?.policyVersions[0]?.digest ?? "";
    await expect(client("operate").approvals.proposePolicy({ vm: vm.id, text, before: now, reason: "x" })).rejects.toMatchObject({
      data: { code: "policy.too-much-looser" },
    });
  });
});

function client(role: Role) {
  const router = createRouter(restingParts({ manager: () => ok(world.manager), onProposal: (proposal) => void shown.push(proposal) }));
  return createRouterClient(router, { context: makeCaller(role) });
}
