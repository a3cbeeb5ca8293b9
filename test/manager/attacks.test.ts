// The attacks of docs/protocol.md that the manager must stop. Each ends with a code in the owner's record, a coarse word to the peer, and
// no key.
import { afterEach, describe, expect, test } from "vitest";
import { encodeFrame } from "../../core/launch/codec.ts";
import { encodeCertTable } from "../../core/snp/cert-table.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { MemoryLink } from "../kit/memory-link.ts";
import { Watch } from "./invariants.ts";
import { refusedOn, rogueLaunch, type Forged } from "../kit/rogue.ts";
import { digestOf, makeWorld, saidOn, sent, type World } from "../kit/world.ts";
import type { ReportRequest, SimulatedGuest } from "../../core/simulator/processor.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import type { FailureCode } from "../../core/base/failure.ts";

let world: World;

/** Whatever else happened: the invariants of the action lists hold here, too, and no key is held. */
afterEach(async () => {
  new Watch(world).check();
  await world.settle();
  if (world.keychain.lent.some(({ wiped }) => !wiped)) throw new Error("a key was not wiped");
});

/** What became of a forged launch, for the owner, for the peer, and in the audit log. */
async function fateOf(vm: VmRecord, forge: (reportData: Uint8Array) => Forged): Promise<object> {
  const { record, refused, link } = await rogueLaunch(world, vm, { forge });
  const last = world.audit().at(-1);
  const named = last?.kind === "launch-refused" && last.facts["evidence"] === record?.evidenceDigest;
  return {
    state: record?.state,
    code: record?.code,
    peer: refused,
    entry: named ? last.facts["code"] : undefined,
    key: sent(link, "release"),
  };
}

/** Refused like any other, before a person is asked, and recorded with the evidence. */
function refusal(code: FailureCode): object {
  return { state: "refused", code, peer: "not-accepted", entry: code, key: false };
}

function honest(guest: SimulatedGuest, request: Partial<ReportRequest> = {}): (reportData: Uint8Array) => Forged {
  return (reportData) => ({ report: guest.report({ reportData, ...request }), certificates: guest.certTable(request.signer) });
}

function demanding(change: Partial<AppraisalPolicy["checks"]>): (vm: VmRecord) => VmRecord {
  return (vm) => ({ ...vm, policy: { ...vm.policy, checks: { ...vm.policy.checks, ...change } } });
}

describe("what the host shows", () => {
  test("attack: host replays a report of an earlier launch", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.guest(vm);
    let old: Forged | undefined;
    await rogueLaunch(world, vm, { forge: (reportData) => (old = honest(guest)(reportData)) });
    world.manager.setEnabled(vm.id, false);
    world.manager.setEnabled(vm.id, true);
    expect(await fateOf(vm, (reportData) => old ?? honest(guest)(reportData))).toEqual(refusal("appraise.report-data"));
  });

  test("attack: a relay in the middle with its own TLS", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const connection = world.connect(vm, { managerExporter: new Uint8Array(32).fill(9) });
    await world.run();
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "appraise.report-data" });
    expect(connection.agent.ending).toMatchObject({ end: "refused", code: "not-accepted" });
  });

  test("attack: host edits the configuration, and the agent says so", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const edited = new Uint8Array(32).fill(3);
    const { record, refused } = await rogueLaunch(world, vm, {
      configuration: edited,
      forge: honest(world.processor.launch({ hostData: edited })),
    });
    expect(record).toMatchObject({ state: "refused", code: "release.configuration-unknown" });
    expect(refused).toBe("not-accepted");
  });

  test("attack: host edits the configuration and claims the issued one, or shows the report of another VM", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const other = await world.enrol();
    expect(await fateOf(vm, honest(world.guest(other)))).toEqual(refusal("appraise.configuration"));
  });

  test.each([1, 2, 3])("attack: a report of VMPL %i", async (vmpl) => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(vm, honest(world.guest(vm), { vmpl }))).toEqual(refusal("appraise.vmpl"));
  });

  test("attack: a report that the hypervisor asked for itself", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(vm, honest(world.guest(vm), { vmpl: 0xffffffff }))).toEqual(refusal("appraise.host-requested"));
  });

  test("attack: a debug-enabled guest", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.processor.launch({ hostData: digestOf(vm), policy: 0x30000n | (1n << 19n) });
    expect(await fateOf(vm, honest(guest))).toEqual(refusal("appraise.guest-policy"));
  });

  test("attack: an older TCB", async () => {
    world = await makeWorld();
    const tcb = world.processor.chip.reportedTcb;
    const floors = { Milan: { bootloader: tcb.bootloader, tee: tcb.tee, snp: tcb.snp, microcode: tcb.microcode } };
    const vm = await world.enrol({}, demanding({ reportedTcb: { require: floors } }));
    const older = await simulatedProcessor("Milan", { reportedTcb: { ...tcb, snp: tcb.snp - 1 } });
    expect(await fateOf(vm, honest(world.guest(vm, older)))).toEqual(refusal("appraise.tcb-floor"));
  });

  test("attack: a measurement that nobody expects", async () => {
    world = await makeWorld();
    const vm = await world.enrol({ measurements: ["ab".repeat(48)] });
    expect(await fateOf(vm, honest(world.guest(vm)))).toEqual(refusal("appraise.measurement"));
  });

  test("attack: a changed bit in a signed report", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const guest = world.guest(vm);
    const flipped = (reportData: Uint8Array): Forged => {
      const forged = honest(guest)(reportData);
      const report = forged.report.slice();
      report[0x90] = (report[0x90] ?? 0) ^ 1;
      return { ...forged, report };
    };
    expect(await fateOf(vm, flipped)).toEqual(refusal("appraise.report-signature"));
  });
});

describe("what the keys are worth", () => {
  test("attack: a revoked issuer", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const crl = revocationList(await simulatedHierarchy(), simulatedInstant, "ask-revoked");
    world.simulatedCollateral.collateral = { certificates: [], crls: [crl] };
    expect(await fateOf(vm, honest(world.guest(vm)))).toEqual(refusal("endorse.issuer-revoked"));
  });

  test("attack: an expired key", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const { chip } = world.processor;
    const hierarchy = await simulatedHierarchy();
    const expired = hierarchy.issue(simulatedInstant, chip.reportedTcb, { chipId: chip.chipId }, { notAfter: simulatedInstant - 1000 });
    const { ask, ark } = hierarchy.authorities;
    const certificates = encodeCertTable([
      { role: "vcek", bytes: expired },
      { role: "ask", bytes: ask.certificate },
      { role: "ark", bytes: ark.certificate },
    ]);
    const guest = world.guest(vm);
    expect(await fateOf(vm, (reportData) => ({ report: guest.report({ reportData }), certificates }))).toEqual(
      refusal("endorse.certificate-expired"),
    );
  });

  test("attack: a VLEK where a VCEK is required", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(vm, honest(world.guest(vm), { signer: "vlek" }))).toEqual(refusal("appraise.signer"));
  });

  test("attack: a masked chip id", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const masking = await simulatedProcessor("Milan", { maskChipId: true });
    expect(await fateOf(vm, honest(world.guest(vm, masking)))).toEqual(refusal("appraise.chip-id-masked"));
  });

  test("attack: a processor of a product line that has no root here", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    expect(await fateOf(vm, honest(world.guest(vm, await simulatedProcessor("Genoa"))))).toEqual(refusal("endorse.product-not-anchored"));
  });
});

describe("collateral", () => {
  const without = (guest: SimulatedGuest): ((reportData: Uint8Array) => Forged) => {
    return (reportData) => ({ report: guest.report({ reportData }) });
  };

  test("attack: the collateral source is down", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.next = "down";
    const { record, refused } = await rogueLaunch(world, vm, { forge: without(world.guest(vm)) });
    expect(record).toMatchObject({ state: "refused", code: "kds.unavailable" });
    expect(refused).not.toBe("not-accepted");
  });

  test("attack: the collateral source is slow: the wait ends, whatever it does later", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.holding = true;
    const { link } = await rogueLaunch(world, vm, { forge: without(world.guest(vm)) });
    expect(saidOn(link).at(-1)).toMatchObject({ type: "pending", reason: "collateral" });
    world.time.advance(60_000);
    await world.quiet();
    expect(refusedOn(link)).toBe("try-later");
    expect([...world.disk.launches.values()].at(-1)).toMatchObject({ state: "refused", code: "manager.collateral-slow" });
    world.simulatedCollateral.letGo();
    await world.quiet();
    expect(saidOn(link).at(-1)?.type).toBe("refused");
  });

  test("attack: the collateral source lies: the certificate of another chip", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const hierarchy = await simulatedHierarchy();
    const { ask, ark } = hierarchy.authorities;
    const another = hierarchy.issue(simulatedInstant, world.processor.chip.reportedTcb, { chipId: hierarchy.chipId(77) });
    const { crls } = world.simulatedCollateral.collateral;
    world.simulatedCollateral.collateral = { certificates: [another, ask.certificate, ark.certificate], crls };
    const { record, refused } = await rogueLaunch(world, vm, { forge: without(world.guest(vm)) });
    expect(record?.state).toBe("refused");
    expect(record?.checks?.map(({ code }) => code)).toContain("appraise.chip-id");
    expect(refused).toBe("not-accepted");
  });

  test("attack: the host brings an older revocation list that is still valid", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const hierarchy = await simulatedHierarchy();
    const { ask, ark } = hierarchy.authorities;
    const certificates = encodeCertTable([
      { role: "vcek", bytes: world.processor.vek() },
      { role: "ask", bytes: ask.certificate },
      { role: "ark", bytes: ark.certificate },
      { role: "crl", bytes: revocationList(hierarchy, simulatedInstant) },
    ]);
    const guest = world.guest(vm);
    const forge = (reportData: Uint8Array): Forged => ({ report: guest.report({ reportData }), certificates });
    world.simulatedCollateral.collateral = { certificates: [], crls: [revocationList(hierarchy, simulatedInstant, "ask-revoked")] };
    expect(await fateOf(vm, forge)).toEqual(refusal("endorse.issuer-revoked"));
    // Where the source does not answer, a valid list is enough.
    world.simulatedCollateral.next = "down";
    const { record } = await rogueLaunch(world, vm, { forge });
    expect(record?.state).toBe("pending");
  });

  test("a certificate of an earlier TCB in the host's table is not used: the right one is fetched", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const hierarchy = await simulatedHierarchy();
    const { chip } = world.processor;
    const { ask, ark } = hierarchy.authorities;
    const earlier = { ...chip.reportedTcb, snp: chip.reportedTcb.snp - 1 };
    const certificates = encodeCertTable([
      { role: "vcek", bytes: hierarchy.issue(simulatedInstant, earlier, { chipId: chip.chipId }) },
      { role: "ask", bytes: ask.certificate },
      { role: "ark", bytes: ark.certificate },
    ]);
    const guest = world.guest(vm);
    const { crls } = world.simulatedCollateral.collateral;
    world.simulatedCollateral.collateral = { certificates: [world.processor.vek()], crls };
    const { record } = await rogueLaunch(world, vm, { forge: (reportData) => ({ report: guest.report({ reportData }), certificates }) });
    expect(record?.state).toBe("pending");
    expect(world.simulatedCollateral.asked).toMatchObject([
      { product: "Milan", signer: "vcek", vekKnown: false, issuersKnown: true, crlWanted: true },
    ]);
  });

  test("attack: the collateral source lies: no revocation list, or junk", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.collateral = { certificates: [], crls: [] };
    const missing = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
    expect(missing.record).toMatchObject({ state: "refused", code: "endorse.revocation-unavailable" });
    world.simulatedCollateral.collateral = { certificates: [new Uint8Array(50)], crls: [new Uint8Array(9)] };
    const junk = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
    expect(junk.record?.state).toBe("refused");
  });

  test("a bug in the collateral source ends that launch and no other", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.next = "throws";
    const { record, link } = await rogueLaunch(world, vm, { forge: without(world.guest(vm)) });
    expect(link.closed).toBe(true);
    expect(record?.state).toBe("abandoned");
    world.simulatedCollateral.next = "answer";
    const next = world.connect(vm);
    await world.run();
    expect(world.launchOf(next).state).toBe("pending");
  });

  test("attack: a stranger spends no question to the collateral source", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const unknown = "00000000-0000-4000-8000-000000000000";
    const { refused } = await rogueLaunch(world, vm, { vm: unknown, forge: without(world.guest(vm)) });
    expect(refused).toBe("not-accepted");
    expect([...world.collateral.asked, ...world.simulatedCollateral.asked]).toEqual([]);
  });
});

test("attack: clock moved backwards", async () => {
  world = await makeWorld();
  const vm = await world.enrol();
  world.time.turn(-299_000);
  const tolerated = world.connect(vm);
  await world.run();
  expect(world.launchOf(tolerated).state).toBe("pending");
  await world.answer(tolerated, "deny");
  world.time.turn(-2000);
  const { record, refused } = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
  expect(record).toMatchObject({ state: "refused", code: "manager.clock-behind" });
  expect(refused).toBe("try-later");
});

test("attack: clock before the certificates", async () => {
  world = await makeWorld();
  const vm = await world.enrol();
  world.time.turn(-10 * 365 * 86_400_000);
  world.crash();
  const { record } = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
  expect(record).toMatchObject({ state: "refused", code: "endorse.certificate-not-yet-valid" });
  expect(world.audit().findLast(({ kind }) => kind === "manager-started")?.facts).toHaveProperty("clockBehindMs");
});

test("attack: two launches of one VM at once", async () => {
  world = await makeWorld();
  const vm = await world.enrol();
  const first = world.connect(vm);
  await world.run();
  const second = world.connect(vm);
  await world.run();
  expect(second.agent.ending).toMatchObject({ end: "refused", code: "busy" });
  expect(world.launchOf(first)).toMatchObject({ state: "pending", alert: expect.stringContaining(second.link.channel.peer) as string });
});

describe("the stream", () => {
  async function open(): Promise<MemoryLink> {
    world = await makeWorld();
    await world.enrol();
    const link = new MemoryLink("198.51.100.9:667", new Uint8Array(32).fill(1));
    void world.manager.accept(link.channel);
    return link;
  }

  test("attack: a truncated stream", async () => {
    const link = await open();
    link.inject(Uint8Array.of(0, 0, 0, 9, 0x7b));
    link.endFromAgent();
    link.deliverToManager();
    await world.quiet();
    expect(refusedOn(link)).toBe("malformed");
    expect(link.closed).toBe(true);
  });

  test("attack: an oversized frame is refused at its length", async () => {
    const link = await open();
    link.inject(Uint8Array.of(0, 1, 0, 1));
    await world.quiet();
    expect(refusedOn(link)).toBe("malformed");
  });

  test("attack: a silent peer, and one that sends a byte now and then", async () => {
    const link = await open();
    for (let second = 0; second < 10; second++) {
      expect(link.closed).toBe(false);
      link.inject(Uint8Array.of([0, 0, 0, 200][second] ?? 0x20));
      await world.quiet();
      world.time.advance(1000);
    }
    await world.quiet();
    expect(link.closed).toBe(true);
  });

  test("attack: an interleaved stream: a second hello, evidence before the challenge, an outcome before the release", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    const hello = {
      type: "hello",
      vm: vm.id,
      nonce: new Uint8Array(32),
      tee: "sev-snp",
      agent: "rogue/1",
      configuration: digestOf(vm),
    } as const;
    const outcome = { type: "outcome", disks: [{ disk: "root", opened: true }], wiped: true } as const;
    for (const frames of [[hello, hello], [outcome], [hello, outcome]]) {
      const link = new MemoryLink("198.51.100.9:668", new Uint8Array(32).fill(1));
      void world.manager.accept(link.channel);
      for (const frame of frames) link.inject(encodeFrame(frame).frame);
      await world.quiet();
      expect(refusedOn(link)).toBe("malformed");
      expect(link.closed).toBe(true);
    }
    expect(world.audit().some(({ kind }) => kind === "launch-released")).toBe(false);
  });
});

describe("keys and disks", () => {
  test("attack: wrong key or wrong disk: the outcome is recorded and counts against the VM", async () => {
    world = await makeWorld({ limits: { failedOpens: 2, launchesPerMinute: 100 } });
    const vm = await world.enrol();
    for (let round = 1; round <= 2; round++) {
      const connection = world.connect(vm, { opens: () => false });
      await world.run();
      await world.answer(connection);
      await world.run();
      expect(world.launchOf(connection).state).toBe("open-failed");
      expect(world.manager.vm(vm.id)?.failedOpens).toBe(round);
    }
    const { record } = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
    expect(record).toMatchObject({ state: "refused", code: "release.too-many-failed-opens" });
    world.manager.setEnabled(vm.id, true);
    const again = world.connect(vm);
    await world.run();
    await world.answer(again);
    await world.run();
    expect(world.launchOf(again).state).toBe("opened");
    expect(world.manager.vm(vm.id)?.failedOpens).toBe(0);
  });

  test("attack: agent killed at every step", async () => {
    world = await makeWorld({ limits: { launchesPerMinute: 100, failedOpens: 100 } });
    const vm = await world.enrol();
    for (let steps = 0; steps < 8; steps++) {
      const connection = world.connect(vm);
      for (let step = 0; step < steps; step++) {
        await world.quiet();
        if (world.manager.pending().length > 0) void world.decide(connection);
        else if (!connection.link.deliverToManager()) connection.link.deliverToAgent();
      }
      connection.agent.kill();
      connection.link.drop();
      await world.quiet();
      for (const { state } of world.disk.launches.values()) expect(["attesting", "pending", "released"]).not.toContain(state);
    }
    const last = world.connect(vm);
    await world.run();
    expect(world.launchOf(last).state).toBe("pending");
  });

  test("attack: manager killed at every step", async () => {
    world = await makeWorld({ limits: { failedOpens: 100 } });
    const vm = await world.enrol();
    for (let steps = 0; steps < 9; steps++) {
      const connection = world.connect(vm);
      for (let step = 0; step < steps; step++) {
        await world.quiet();
        if (world.manager.pending().length > 0) void world.decide(connection);
        else if (!connection.link.deliverToManager()) connection.link.deliverToAgent();
      }
      world.crash({ losingUnsynced: steps % 2 === 0 });
      expect(world.recovered.ok).toBe(true);
      await world.quiet();
      for (const { state } of world.disk.launches.values()) expect(["attesting", "pending", "released"]).not.toContain(state);
      const releases = saidOn(connection.link).filter(({ type }) => type === "release").length;
      expect(releases).toBeLessThanOrEqual(1);
      if (releases === 1) expect(["opened", "open-failed", "delivery-unknown"]).toContain(world.launchOf(connection).state);
    }
  });
});
