// Does the person who waits see why, until when and behind how many, and nothing of it once there is nothing to wait for? docs/protocol.md.
import { afterEach, expect, test } from "vitest";
import { rogueLaunch } from "../kit/rogue.ts";
import { makeWorld, saidOn, type World } from "../kit/world.ts";
import { launchSummary } from "../../core/node/service/views.ts";
import { honest, mustHaveEnded } from "./attack-kit.ts";
import type { LaunchRecord } from "../../core/manager/records.ts";

let world: World;
afterEach(() => mustHaveEnded(world));

test("a launch in the queue says until when and behind how many; each news is told once, and the evidence ends it", async () => {
  const { link } = await waiting();
  const until = world.simulatedCollateral.says;
  expect(record().waitingFor).toEqual({ what: "collateral", until });
  const changes: string[] = [];
  world.manager.subscribe(({ kind, id }) => void changes.push(`${kind} ${id}`));
  for (const ahead of [23, 23, 22]) world.simulatedCollateral.tell(until, ahead);
  await world.quiet();
  expect(changes).toEqual([`launch ${record().id}`, `launch ${record().id}`]);
  expect(record()).toMatchObject({ state: "attesting", waitingFor: { what: "collateral", until, ahead: 22 } });
  expect(launchSummary(record()).waitingFor).toEqual({ what: "collateral", until: new Date(until).toISOString(), ahead: 22 });
  // The agent hears only of times.
  expect(pendings(link)).toHaveLength(2);
  world.simulatedCollateral.letGo();
  await world.quiet();
  expect(record().state).toBe("pending");
  expect(record()).not.toHaveProperty("waitingFor");
});

test("of several questions the longest wait counts, and none is told beyond the launch's own end", async () => {
  await waiting();
  const { says, tell } = world.simulatedCollateral;
  tell(says + 60_000, 4);
  tell(says);
  await world.quiet();
  expect(record().waitingFor).toEqual({ what: "collateral", until: says + 60_000, ahead: 4 });
  tell(says + 86_400_000, 3);
  expect(record().waitingFor).toEqual({ what: "collateral", until: world.time.now() + 570_000, ahead: 3 });
  world.time.advance(says + 60_000 - world.time.now() - 1);
  await world.quiet();
  expect(record().state).toBe("attesting");
  world.time.advance(570_000);
  await world.quiet();
});

test("nothing of it stays in a launch that was refused, that the VM left, or that a crash cut off", async () => {
  await waiting();
  world.time.advance(570_000);
  await world.quiet();
  expect(record()).toMatchObject({ state: "refused", code: "manager.collateral-slow" });
  expect(record()).not.toHaveProperty("waitingFor");
  // Whoever shares the question may still be told.
  world.simulatedCollateral.tell(world.time.now() + 240_000, 1);
  await world.quiet();
  expect(record()).not.toHaveProperty("waitingFor");

  const { link } = await waiting();
  link.drop();
  await world.quiet();
  world.simulatedCollateral.tell(world.time.now() + 240_000, 1);
  await world.quiet();
  expect(record().state).toBe("abandoned");
  expect(record()).not.toHaveProperty("waitingFor");

  await waiting();
  expect(record()).toHaveProperty("waitingFor");
  world.crash();
  expect(record().state).toBe("abandoned");
  expect(record()).not.toHaveProperty("waitingFor");
});

async function waiting() {
  world = await makeWorld();
  const vm = await world.enrol();
  world.simulatedCollateral.holding = true;
  world.simulatedCollateral.says = world.time.now() + 240_000;
  return rogueLaunch(world, vm, { forge: honest(world.guest(vm)) });
}

function record(): LaunchRecord {
  const last = [...world.disk.launches.values()].at(-1);
  if (last === undefined) throw new Error("no launch");
  return last;
}

function pendings(link: Parameters<typeof saidOn>[0]): readonly unknown[] {
  return saidOn(link).filter(({ type }) => type === "pending");
}
