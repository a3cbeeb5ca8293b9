// The attacks of docs/protocol.md that the manager must stop, by when and how a launch is made. Each ends with a code in the owner's record, a coarse word to the
// peer, and no key.
import type { VmRecord } from "../../core/manager/records.ts";
import { afterEach, describe, expect, test } from "vitest";
import { encodeFrame } from "../../core/launch/codec.ts";
import { MemoryLink } from "../kit/memory-link.ts";
import { refusedOn, rogueLaunch } from "../kit/rogue.ts";
import { digestOf, makeWorld, saidOn, type World } from "../kit/world.ts";
import { honest, mustHaveEnded } from "./attack-kit.ts";

let world: World;

afterEach(() => mustHaveEnded(world));

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
    world = await makeWorld({ limits: { launchesPerMinute: 100 } });
    const vm = await world.enrol({}, opensAtMost(2));
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
    world = await makeWorld({ limits: { launchesPerMinute: 100 } });
    const vm = await world.enrol({}, opensAtMost(100));
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
    world = await makeWorld();
    const vm = await world.enrol({}, opensAtMost(100));
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

function opensAtMost(failedOpensMaximum: number): (vm: VmRecord) => VmRecord {
  return (vm) => ({ ...vm, policy: { ...vm.policy, failedOpensMaximum } });
}
