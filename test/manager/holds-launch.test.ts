// docs/protocol.md, "What must always hold", 4 to 8: words, results, launches, bounds, simulation: as far as it is the manager's, line by line.
import { describe, expect, test } from "vitest";
import { appraise } from "../../core/appraise/appraise.ts";
import { bindReport, verifyReport } from "../../core/appraise/verify.ts";
import { certificatesFrom } from "../../core/endorse/certificate.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { must } from "../../core/base/result.ts";
import { parseCertTable } from "../../core/snp/cert-table.ts";
import { parseReport } from "../../core/snp/report.ts";
import { anchorsOf } from "../../core/manager/anchors.ts";
import { defaultLimits } from "../../core/manager/limits.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { MemoryLink } from "../kit/memory-link.ts";
import { refusedOn, rogueLaunch, type Forged } from "../kit/rogue.ts";
import { simulatedHierarchy, simulatedProcessor } from "../kit/simulated.ts";
import { digestOf, makeWorld, saidOn, sent } from "../kit/world.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { pendingLaunch, honestly } from "./hold-kit.ts";

test("holds 4: the peer learns one coarse word, the same for every refusal that is about trust", async () => {
  const world = await makeWorld({ limits: { launchesPerMinute: 100 } });
  const vm = await world.enrol();
  const strict = await world.enrol({ measurements: ["ab".repeat(48)] });
  const disabled = await world.enrol();
  world.manager.setEnabled(disabled.id, false);
  const real = await world.enrol({ simulated: false });
  const honest = (of: VmRecord): ((reportData: Uint8Array) => Forged) => honestly(world, of);
  const refusals = [
    await rogueLaunch(world, vm, { vm: "00000000-0000-4000-8000-000000000000", forge: honest(vm) }),
    await rogueLaunch(world, vm, { configuration: new Uint8Array(32), forge: honest(vm) }),
    await rogueLaunch(world, disabled, { forge: honest(disabled) }),
    await rogueLaunch(world, strict, { forge: honest(strict) }),
    await rogueLaunch(world, real, { forge: honest(real) }),
    await rogueLaunch(world, vm, { forge: honest(strict) }),
  ];
  for (const { link, record } of refusals) {
    expect(
      saidOn(link)
        .map(({ type }) => type)
        .filter((type) => type !== "pending"),
    ).toEqual(["challenge", "refused"]);
    expect(saidOn(link).at(-1)).toEqual({ type: "refused", code: "not-accepted" });
    expect(record?.state).toBe("refused");
  }
  const reasons = refusals.map(({ record }) => record?.code);
  expect(reasons).toEqual([
    "release.vm-unknown",
    "release.configuration-unknown",
    "release.vm-disabled",
    "appraise.measurement",
    "endorse.root-not-pinned",
    "appraise.configuration",
  ]);
});

test("holds 4: malformed evidence is answered alike, whether the VM is known or not", async () => {
  const world = await makeWorld();
  const vm = await world.enrol();
  const forge = (): Forged => ({ report: new Uint8Array(1184) });
  const known = await rogueLaunch(world, vm, { forge });
  const unknown = await rogueLaunch(world, vm, { vm: "00000000-0000-4000-8000-000000000000", forge });
  expect(unknown.refused).toBe(known.refused);
  expect(unknown.record?.checks?.map(({ code }) => code)).toEqual(["release.vm-unknown", known.record?.code]);
});

test("holds 5: from what was kept of a launch, the same result follows again", async () => {
  const world = await makeWorld();
  const vm = await world.enrol();
  const connection = await pendingLaunch(world, vm);
  await world.answer(connection);
  const { report = new Uint8Array(0), certificates, checks } = world.launchOf(connection);
  const { facts } = world.audit().find(({ kind }) => kind === "launch-released") ?? {};
  const table = must(parseCertTable(certificates ?? new Uint8Array(0)));
  const bytesOf = (role: string): Uint8Array => table.entries.find((entry) => entry.role === role)?.bytes ?? new Uint8Array(0);
  const endorsements = must(
    parseEndorsements({ vek: bytesOf("vcek"), issuers: [bytesOf("ask"), bytesOf("ark")], crls: world.simulatedCollateral.collateral.crls }),
  );
  const verification = verifyReport({
    reportBytes: report,
    endorsements,
    anchors: anchorsOf(vm, { kind: "amd", ark: {} }),
    at: Date.parse(textOf(facts?.["judgedAt"])),
    revocation: vm.policy.checks.revocation,
    primitives: nodePrimitives,
  });
  if (!verification.genuine) throw new Error("not genuine");
  const again = appraise({
    report: must(bindReport(verification.report, must(parseReport(report)).reportData)),
    evidence: { reportBytes: report, certificateTable: certificates },
    policy: vm.policy,
    context: { configurationDigest: digestOf(vm), enrolledAsSimulated: true, history: vm.history },
    primitives: nodePrimitives,
  });
  expect(again.checks).toEqual(checks);
  expect(again).toMatchObject({ evidenceDigest: facts?.["evidence"], claimsDigest: facts?.["claims"], policyDigest: facts?.["policy"] });
  expect(must(certificatesFrom(bytesOf("vcek")))).toHaveLength(1);
});

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

describe("holds 6", () => {
  test("holds 6: a second launch raises an alert and waits", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const first = await pendingLaunch(world, vm);
    const second = world.connect(vm);
    await world.run();
    expect(saidOn(second.link)).toEqual([{ type: "refused", code: "busy", retryAfter: 30 }]);
    expect(world.launchOf(first).alert).toContain(second.link.channel.peer);
    await world.answer(first);
    await world.run();
    expect(world.launchOf(first).state).toBe("opened");
    await pendingLaunch(world, vm);
  });

  test("holds 6: by policy the second takes the place of the first, only while nothing is decided, never both", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({}, (record) => ({ ...record, policy: { ...record.policy, secondLaunch: "replace" } }));
    const first = await pendingLaunch(world, vm);
    const { id, evidenceDigest: evidence = "" } = world.launchOf(first);
    const second = await pendingLaunch(world, vm);
    expect(world.launchOf(first)).toMatchObject({ state: "abandoned", code: "manager.replaced" });
    const late = await world.manager.decide({ launch: id, evidence, verdict: "approve", reason: "late" });
    expect(late).toMatchObject({ ok: false, failure: { code: "approval.not-pending" } });
    await world.decide(second);
    await world.quiet();
    const third = world.connect(vm);
    third.link.deliverToManager();
    await world.quiet();
    expect(refusedOn(third.link)).toBe("busy");
    await world.run();
    expect(world.launchOf(second).state).toBe("opened");
    expect(world.audit().filter(({ kind }) => kind === "launch-released")).toHaveLength(1);
  });

  test("holds 6: a launch that is replaced while its keys are read is not released", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({}, (record) => ({ ...record, policy: { ...record.policy, secondLaunch: "replace" } }));
    const first = await pendingLaunch(world, vm);
    const second = world.connect(vm);
    await world.quiet();
    world.keychain.holding = true;
    const decided = world.decide(first);
    await world.quiet();
    second.link.deliverToManager();
    await world.quiet();
    world.keychain.letGo();
    expect(await decided).toMatchObject({ ok: false, failure: { code: "approval.launch-ended" } });
    await world.run();
    expect(world.launchOf(first)).toMatchObject({ state: "abandoned", code: "manager.replaced" });
    expect(world.launchOf(second).state).toBe("pending");
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  });

  test("holds 6: a decoy takes nobody's place", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({}, (record) => ({ ...record, policy: { ...record.policy, secondLaunch: "replace" } }));
    const first = await pendingLaunch(world, vm);
    const { refused } = await rogueLaunch(world, vm, {
      configuration: new Uint8Array(32),
      forge: () => ({ report: new Uint8Array(1184) }),
    });
    expect(refused).toBe("busy");
    expect(world.launchOf(first).state).toBe("pending");
  });
});

describe("holds 7", () => {
  test("holds 7: nobody waits for ever: no hello, no evidence, no approval", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const mute = new MemoryLink("198.51.100.1:1", new Uint8Array(32));
    void world.manager.accept(mute.channel);
    const stuck = world.connect(vm);
    await world.quiet();
    stuck.link.deliverToManager();
    await world.quiet();
    world.time.advance(60_000);
    await world.quiet();
    expect(mute.closed).toBe(true);
    expect(world.launchOf(stuck)).toMatchObject({ state: "abandoned", code: "launch.evidence-late" });
    const unanswered = await pendingLaunch(world, vm);
    for (let waited = 0; waited < vm.policy.approvalSeconds; waited += 30) {
      world.time.advance(30_000);
      await world.run();
    }
    expect(world.launchOf(unanswered)).toMatchObject({ state: "expired", code: "launch.approval-late" });
    expect(unanswered.agent.ending).toMatchObject({ end: "refused", code: "try-later" });
  });

  test("holds 7: launches of a VM are bounded by rate, those of strangers all together", async () => {
    const world = await makeWorld({ limits: { launchesPerMinute: 2, unknownPerMinute: 4 } });
    const vm = await world.enrol();
    const forge = (): { readonly report: Uint8Array } => ({ report: new Uint8Array(1184) });
    const knock = async (id: string) => (await rogueLaunch(world, vm, { vm: id, forge })).link;
    for (const id of [vm.id, "00000000-0000-4000-8000-000000000000"]) {
      expect(saidOn(await knock(id)).at(-1)).toMatchObject({ type: "refused", code: expect.not.stringMatching("busy") as string });
      await knock(id);
      expect(saidOn(await knock(id))).toEqual([{ type: "refused", code: "busy", retryAfter: 60 }]);
    }
    // Four strangers a minute, whatever they call themselves: the one that was busy has cost a place, too.
    expect(sent(await knock("00000000-0000-4000-8000-000000000001"), "challenge")).toBe(true);
    expect(sent(await knock("00000000-0000-4000-8000-000000000002"), "challenge")).toBe(false);
    world.time.advance(60_000);
    expect(sent(await knock(vm.id), "challenge")).toBe(true);
  });

  test("holds 7: a flood of strangers fills no disk", async () => {
    const world = await makeWorld({ limits: { unknownPerMinute: 1000, unknownRecordsPerHour: 3 } });
    const vm = await world.enrol();
    const before = world.disk.entries.length;
    for (let knock = 0; knock < 40; knock++) {
      const id = `00000000-0000-4000-8000-${String(knock).padStart(12, "0")}`;
      const { refused } = await rogueLaunch(world, vm, { vm: id, forge: honestly(world, vm) });
      expect(refused).toBe("not-accepted");
    }
    expect(world.disk.launches.size).toBe(3);
    const counted = world.audit().filter(({ kind }) => kind === "refusals-counted");
    expect(counted.map(({ facts }) => facts["thisHour"])).toEqual([1, 2, 4, 8, 16, 32]);
    expect(world.disk.entries.length).toBe(before + 3 + counted.length);
    await world.manager.stop();
    expect(world.audit().at(-1)).toMatchObject({ kind: "refusals-counted", facts: { thisHour: 37 } });
  });

  test("holds 7: open proposals are bounded, and each ends", async () => {
    const world = await makeWorld({ limits: { proposals: 2 } });
    const connection = await pendingLaunch(world, await world.enrol());
    const { id: launch, evidenceDigest: evidence = "" } = world.launchOf(connection);
    const question = { launch, evidence, verdict: "approve", reason: "yes" } as const;
    expect([1, 2, 3].map(() => world.manager.proposals.propose(question).ok)).toEqual([true, true, false]);
    world.time.advance(defaultLimits.proposalMs);
    expect(world.manager.proposals.open()).toEqual([]);
  });
});

describe("holds 8", () => {
  test("holds 8: simulated evidence is refused for a VM that is not enrolled as simulated", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({ simulated: false });
    const connection = world.connect(vm);
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "endorse.root-not-pinned", simulated: false });
  });

  test("holds 8: a simulated VM believes its own roots only, not AMD's", async () => {
    const hierarchy = await simulatedHierarchy("Genoa");
    const genoa = trustAnchorsOf([hierarchy]);
    const processor = await simulatedProcessor("Genoa");
    // Here the Genoa hierarchy plays AMD, so that its reports are genuine for real VMs.
    const world = await makeWorld({ trustAnchors: { ...genoa, kind: "amd" } });
    const vm = await world.enrol();
    const connection = world.connect(vm, { guest: world.guest(vm, processor) });
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "endorse.product-not-anchored" });
  });

  test("holds 8: it is marked wherever it is shown or exported", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    const { id: launch, evidenceDigest: evidence = "" } = world.launchOf(connection);
    const proposal = must(world.manager.proposals.propose({ launch, evidence, verdict: "approve", reason: "yes" }));
    expect(proposal.summary[0]).toMatch(/^SIMULATED/);
    await world.answer(connection);
    await world.run();
    expect(world.launchOf(connection).simulated).toBe(true);
    for (const { kind, facts } of world.audit()) if (kind !== "manager-started") expect(facts["simulated"]).toBe(true);
  });
});
