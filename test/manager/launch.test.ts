// One launch on the good path and on the paths beside it, over the real machines of both sides.
import { expect, test } from "vitest";
import { makeWorld, saidOn, sent } from "../kit/world.ts";

test("a VM is approved, its disk opens, and everything is recorded", async () => {
  const world = await makeWorld();
  const vm = await world.enrol();
  const connection = world.connect(vm);
  await world.run();
  expect(world.launchOf(connection).state, JSON.stringify(world.launchOf(connection).checks?.filter((c) => c.verdict === "fail"))).toBe(
    "pending",
  );
  const decided = await world.answer(connection);
  expect(decided.ok).toBe(true);
  await world.run();
  expect(connection.agent.ending).toEqual({ end: "opened", recorded: true });
  expect(world.launchOf(connection).state).toBe("opened");
  expect(world.audit().map(({ kind }) => kind)).toEqual(["manager-started", "vm-enrolled", "launch-released", "launch-opened"]);
  expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  expect(saidOn(connection.link).map(({ type }) => type)).toEqual(["challenge", "pending", "pending", "release", "recorded"]);
  expect(sent(connection.link, "refused")).toBe(false);
  await connection.served;
});
