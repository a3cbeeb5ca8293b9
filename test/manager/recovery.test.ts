// The next start: the log is verified, what was left open is closed, and a manager that could not do so serves nobody.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { MemoryLink } from "../kit/memory-link.ts";
import { makeWorld, type World } from "../kit/world.ts";

async function leftPending(): Promise<World> {
  const world = await makeWorld();
  world.connect(await world.enrol());
  await world.run();
  return world;
}

describe("recovery", () => {
  test("of an empty store writes that it started", async () => {
    const world = await makeWorld();
    expect(must(world.recovered)).toEqual({ auditEntries: 0, deliveryUnknown: [], abandoned: [] });
    expect(world.audit()).toMatchObject([{ kind: "manager-started", facts: { entriesVerified: 0 } }]);
  });

  test("closes what waited", async () => {
    const world = await leftPending();
    const [launch] = [...world.disk.launches.keys()];
    world.crash();
    expect(must(world.recovered).abandoned).toEqual([launch]);
    expect(world.disk.launches.get(launch ?? "")).toMatchObject({ state: "abandoned", code: "launch.peer-gone" });
    expect(world.disk.launches.get(launch ?? "")).not.toHaveProperty("waitUntil");
  });

  test("finds more than one page", async () => {
    const world = await leftPending();
    for (const record of world.manager.pending()) {
      for (let at = 0; at < 450; at++) world.disk.launches.set(`launch ${at}`, { ...record, id: `launch ${at}` });
    }
    world.crash();
    expect(must(world.recovered).abandoned).toHaveLength(451);
  });

  test("a broken audit log stops the service", async () => {
    const world = await leftPending();
    world.disk.entries.splice(0, 1);
    world.crash();
    expect(world.recovered).toMatchObject({ ok: false, failure: { code: "audit.broken-chain" } });
    const link = new MemoryLink("198.51.100.1:1", new Uint8Array(32));
    await world.manager.accept(link.channel);
    expect(link.closed).toBe(true);
    expect(world.manager.setEnabled("x", true)).toMatchObject({ failure: { code: "manager.not-ready" } });
  });

  test("a store that does not write stops it, and the start after that goes on where it was", async () => {
    const world = await leftPending();
    for (const connection of world.connections) await world.decide(connection);
    world.crash({ faults: ["not-applied"] });
    expect(world.recovered).toMatchObject({ ok: false, failure: { code: "store.not-applied" } });
    expect([...world.disk.launches.values()].map(({ state }) => state)).toEqual(["released"]);
    world.crash();
    expect(must(world.recovered).deliveryUnknown).toHaveLength(1);
    world.crash();
    expect(must(world.recovered).deliveryUnknown).toEqual([]);
  });

  test("is called once", async () => {
    const world = await makeWorld();
    expect(() => world.manager.recover()).toThrow("once");
  });
});

describe("stopping", () => {
  test("ends what is open and takes nothing more", async () => {
    const world = await leftPending();
    await world.manager.stop();
    expect([...world.disk.launches.values()]).toMatchObject([{ state: "abandoned", code: "manager.not-ready" }]);
    expect(world.connections.every(({ link }) => link.closed)).toBe(true);
    const link = new MemoryLink("198.51.100.1:1", new Uint8Array(32));
    await world.manager.accept(link.channel);
    expect(link.closed).toBe(true);
  });

  test("a listener that fails stops no launch", async () => {
    const world = await makeWorld();
    world.manager.subscribe(() => {
      throw new Error("a console broke");
    });
    const heard: string[] = [];
    const stop = world.manager.subscribe(({ kind }) => heard.push(kind));
    const connection = world.connect(await world.enrol());
    await world.run();
    await world.answer(connection);
    await world.run();
    expect(world.launchOf(connection).state).toBe("opened");
    expect(heard).toContain("launch");
    stop();
    const before = heard.length;
    await world.enrol();
    expect(heard).toHaveLength(before);
  });
});
