// The attacks of docs/protocol.md that the manager must stop, by where endorsements come from. Each ends with a code in the owner's record, a coarse word to the
// peer, and no key.
import { afterEach, describe, expect, test } from "vitest";
import { encodeCertTable } from "../../core/snp/cert-table.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { refusedOn, rogueLaunch, type Forged } from "../kit/rogue.ts";
import { makeWorld, saidOn, type World } from "../kit/world.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { fateOf, refusal, honest, mustHaveEnded } from "./attack-kit.ts";

let world: World;

afterEach(() => mustHaveEnded(world));

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

  test("a source with a queue is waited for as long as it says", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.holding = true;
    world.simulatedCollateral.says = world.time.now() + 240_000;
    const { link } = await rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
    world.time.advance(239_000);
    await world.quiet();
    expect(refusedOn(link)).toBeUndefined();
    world.simulatedCollateral.letGo();
    await world.quiet();
    expect(saidOn(link).at(-1)).toMatchObject({ type: "pending", reason: "approval" });
  });

  test("attack: the collateral source promises for ever: the wait ends all the same", async () => {
    world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.holding = true;
    world.simulatedCollateral.says = world.time.now() + 86_400_000;
    const { link } = await rogueLaunch(world, vm, { forge: without(world.guest(vm)) });
    world.time.advance(570_000);
    await world.quiet();
    expect(refusedOn(link)).toBe("try-later");
    expect([...world.disk.launches.values()].at(-1)).toMatchObject({ state: "refused", code: "manager.collateral-slow" });
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
    expect(await fateOf(world, vm, forge)).toEqual(refusal("endorse.issuer-revoked"));
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
