// Can strangers keep enrolled VMs out? Sessions are bounded, and who says nothing makes room. docs/protocol.md, "What must always hold", 7.
import { expect, test } from "vitest";
import { MemoryLink } from "../kit/memory-link.ts";
import { makeWorld } from "../kit/world.ts";

test("holds 7: sessions are bounded", async () => {
  const world = await makeWorld({ limits: { sessions: 2 } });
  const links = [1, 2, 3].map((port) => new MemoryLink(`198.51.100.1:${port}`, new Uint8Array(32)));
  for (const { channel } of links) void world.manager.accept(channel);
  await world.quiet();
  expect(links.map(({ closed }) => closed)).toEqual([false, false, true]);
});

test("holds 7: strangers who say nothing make room, oldest first, so that an enrolled VM gets in", async () => {
  const world = await makeWorld({ limits: { sessions: 100, strangerSessions: 3 } });
  const links = [1, 2, 3, 4].map((port) => new MemoryLink(`198.51.100.1:${port}`, new Uint8Array(32)));
  for (const { channel } of links) void world.manager.accept(channel);
  await world.quiet();
  expect(links.map(({ closed }) => closed)).toEqual([true, false, false, false]);
  const connection = world.connect(await world.enrol());
  await world.run();
  expect(world.launchOf(connection).state).toBe("pending");
  expect(links.map(({ closed }) => closed)).toEqual([true, true, false, false]);
});

test("holds 7: launches that wait for a person take no room from strangers, and strangers none from them", async () => {
  const world = await makeWorld({ limits: { sessions: 4, strangerSessions: 2 } });
  const waiting = [await world.enrol(), await world.enrol()].map((vm) => world.connect(vm));
  await world.run();
  const links = [1, 2, 3].map((port) => new MemoryLink(`198.51.100.1:${port}`, new Uint8Array(32)));
  for (const { channel } of links) void world.manager.accept(channel);
  await world.quiet();
  expect(waiting.map((one) => world.launchOf(one).state)).toEqual(["pending", "pending"]);
  expect(links.map(({ closed }) => closed)).toEqual([true, false, false]);
});
