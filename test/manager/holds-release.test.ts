// docs/protocol.md, "What must always hold", 1 to 3: decisions, approvals, releases: as far as it is the manager's, line by line.
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { evidenceDigest } from "../../core/appraise/evidence.ts";
import { must, ok } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { commitRelease } from "../../core/release/committed.ts";
import { grantKeys, takeKeys } from "../../core/release/grant.ts";
import { makeWorld, saidOn, sent } from "../kit/world.ts";
import type { Batch } from "../../core/manager/ports.ts";
import { pendingLaunch, changing } from "./hold-kit.ts";

describe("holds 1", () => {
  test("holds 1: no key byte leaves before the decision is durable, and its entry names the exact evidence", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    const record = world.launchOf(connection);
    const commit = world.store.commit.bind(world.store);
    let atCommit: boolean | undefined;
    world.store.commit = (batch: Batch) => {
      if (batch.launch?.state === "released") atCommit = sent(connection.link, "release");
      return commit(batch);
    };
    await world.answer(connection);
    await world.run();
    expect(atCommit).toBe(false);
    expect(sent(connection.link, "release")).toBe(true);
    const parts = { reportBytes: record.report ?? new Uint8Array(0), certificateTable: record.certificates };
    const entry = world.audit().find(({ kind }) => kind === "launch-released");
    expect(entry?.facts).toMatchObject({
      evidence: toHex(evidenceDigest(parts, nodePrimitives)),
      verdict: "release",
      vm: vm.id,
      disks: ["root"],
      by: "person",
      simulated: true,
      approval: { evidence: record.evidenceDigest, reason: "it is mine" },
    });
    expect(world.launchOf(connection).decision?.entry).toBe(entry?.sequence);
  });

  test.each(["not-applied", "disk-full", "applied", "unknown-not-applied"] as const)(
    "holds 1: a commit that fails (%s) releases nothing",
    async (fault) => {
      const world = await makeWorld();
      const vm = await world.enrol();
      const connection = await pendingLaunch(world, vm);
      world.store.failNext(fault);
      const decided = await world.answer(connection);
      await world.run();
      expect(decided.ok).toBe(false);
      expect(sent(connection.link, "release")).toBe(false);
      expect(connection.agent.ending).toMatchObject({ end: "refused", code: "try-later" });
      expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
      // What the store took although it did not say so stands, and counts as a release that nobody heard of.
      expect(world.launchOf(connection).state).toBe(fault === "applied" ? "delivery-unknown" : "abandoned");
      expect(world.manager.vm(vm.id)?.failedOpens).toBe(fault === "applied" ? 1 : 0);
      await pendingLaunch(world, vm);
    },
  );

  test("holds 1: a locked keychain uses up no decision", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    world.keychain.locked = true;
    const decided = await world.answer(connection);
    await world.run();
    expect(decided).toMatchObject({ ok: false, failure: { code: "keychain.locked" } });
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "keychain.locked" });
    expect(connection.agent.ending).toMatchObject({ end: "refused", code: "try-later" });
    expect(world.audit().some(({ kind }) => kind === "launch-released")).toBe(false);
  });

  test("holds 1: a grant needs a committed decision, and is good once", () => {
    const facts = { launch: "l", vm: "v", evidenceDigest: "e", disks: [] };
    // @ts-expect-error facts alone are no committed decision
    expect(() => grantKeys(facts, [{}])).toThrow("decided disks");
    const committed = must(commitRelease(facts, () => ok(7)));
    expect(committed.entry).toBe(7);
    const grant = grantKeys(committed, []);
    expect(() => grantKeys(committed, [])).toThrow("one grant");
    expect(takeKeys(grant)).toEqual([]);
    expect(() => takeKeys(grant)).toThrow("once");
  });
});

describe("holds 2", () => {
  test("holds 2: an approval that names other evidence is refused", async () => {
    const world = await makeWorld();
    const connection = await pendingLaunch(world, await world.enrol());
    const { id } = world.launchOf(connection);
    const question = { launch: id, evidence: "00".repeat(48), verdict: "approve", reason: "yes" } as const;
    expect(await world.manager.decide(question)).toMatchObject({ ok: false, failure: { code: "approval.evidence-changed" } });
    expect(world.launchOf(connection).state).toBe("pending");
  });

  test("holds 2: after a long wait fresh evidence of the same claims keeps the approval, and both are named", async () => {
    const world = await makeWorld();
    const connection = await pendingLaunch(world, await world.enrol());
    const seen = world.launchOf(connection);
    for (let minute = 0; minute < 4; minute++) {
      world.time.advance(30_001);
      await world.run();
    }
    expect((await world.answer(connection)).ok).toBe(true);
    await world.run();
    const released = world.launchOf(connection);
    expect(released.state).toBe("opened");
    expect(saidOn(connection.link).filter(({ type }) => type === "challenge")).toHaveLength(2);
    expect(released.evidenceDigest).not.toBe(seen.evidenceDigest);
    expect(released.decision?.approvedEvidence).toBe(seen.evidenceDigest);
    const { facts } = world.audit().find(({ kind }) => kind === "launch-released") ?? {};
    expect(facts).toMatchObject({
      evidence: released.evidenceDigest,
      claims: seen.claimsDigest,
      approval: { evidence: seen.evidenceDigest },
    });
  });

  test("holds 2: fresh evidence of other claims goes back to the person", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const [before, after] = [world.guest(vm), world.guest(vm)];
    const connection = await pendingLaunch(world, vm, changing(before, after));
    for (let minute = 0; minute < 4; minute++) {
      world.time.advance(30_001);
      await world.run();
    }
    expect(await world.answer(connection)).toMatchObject({ ok: false, failure: { code: "approval.claims-changed" } });
    expect(world.launchOf(connection).state).toBe("pending");
    expect(sent(connection.link, "release")).toBe(false);
    expect((await world.answer(connection)).ok).toBe(true);
    await world.run();
    expect(world.launchOf(connection).state).toBe("opened");
  });

  test("holds 2: a denial is durable before the peer hears of it, with the person's reason", async () => {
    const world = await makeWorld();
    const connection = await pendingLaunch(world, await world.enrol());
    expect(await world.answer(connection, "deny")).toMatchObject({ ok: true, value: { state: "denied" } });
    expect(connection.agent.ending).toMatchObject({ end: "refused", code: "not-accepted" });
    expect(world.audit().at(-1)).toMatchObject({
      kind: "launch-refused",
      facts: { by: "person", reason: "it is mine", code: "approval.denied" },
    });
  });
});

describe("holds 3", () => {
  test("holds 3: one release for one decision: approving twice is refused", async () => {
    const world = await makeWorld();
    const connection = await pendingLaunch(world, await world.enrol());
    const { id, evidenceDigest: evidence = "" } = world.launchOf(connection);
    const question = { launch: id, evidence, verdict: "approve", reason: "yes" } as const;
    const [first, second] = [world.manager.decide(question), world.manager.decide(question)];
    expect(await second).toMatchObject({ ok: false, failure: { code: "approval.already-decided" } });
    expect((await first).ok).toBe(true);
    await world.run();
    expect(await world.manager.decide(question)).toMatchObject({ ok: false, failure: { code: "approval.already-decided" } });
    expect(saidOn(connection.link).filter(({ type }) => type === "release")).toHaveLength(1);
  });

  test("holds 3: a restart resends nothing; an unknown delivery counts as a release", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    await world.decide(connection);
    await world.quiet();
    expect(sent(connection.link, "release")).toBe(true);
    world.crash();
    expect(world.recovered).toMatchObject({ ok: true, value: { deliveryUnknown: [world.launchOf(connection).id] } });
    expect(world.launchOf(connection).state).toBe("delivery-unknown");
    expect(world.manager.vm(vm.id)?.failedOpens).toBe(1);
    world.crash();
    expect(world.recovered).toMatchObject({ ok: true, value: { deliveryUnknown: [], abandoned: [] } });
    expect(world.manager.vm(vm.id)?.failedOpens).toBe(1);
    await pendingLaunch(world, vm);
  });

  test("holds 3: a stop between the decision and its key sends nothing, wipes, and counts once", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    world.manager.subscribe(({ id }) => {
      if (world.disk.launches.get(id)?.state === "released") void world.manager.stop();
    });
    await world.decide(connection);
    await world.settle();
    expect(sent(connection.link, "release")).toBe(false);
    expect(world.launchOf(connection).state).toBe("delivery-unknown");
    expect(world.audit().filter(({ kind }) => kind === "delivery-unknown")).toHaveLength(1);
    expect(world.manager.vm(vm.id)?.failedOpens).toBe(1);
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  });

  test("holds 3: disabling a VM does not take back what was decided", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    world.manager.subscribe(({ id }) => {
      if (world.disk.launches.get(id)?.state === "released") world.manager.setEnabled(vm.id, false);
    });
    await world.answer(connection);
    await world.run();
    expect(world.launchOf(connection).state).toBe("opened");
    expect(world.manager.vm(vm.id)?.enabled).toBe(false);
  });

  test("holds 3: silence after the release is an unknown delivery", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const connection = await pendingLaunch(world, vm);
    await world.decide(connection);
    await world.quiet();
    world.time.advance(120_000);
    await world.quiet();
    expect(world.launchOf(connection)).toMatchObject({ state: "delivery-unknown", code: "launch.outcome-late" });
    expect(world.audit().at(-1)?.kind).toBe("delivery-unknown");
  });
});
