// A configuration that is retired is refused from the next launch on, ends the one that is under way, and never comes back; the last one stays.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { makeWorld } from "../kit/world.ts";
import { digests, issue, launch, released, releasedDisks, retire, root } from "./configuration-kit.ts";

const [first, second] = [0, 1];

describe("a configuration that is retired", () => {
  test("is refused from the next launch on, and the others stay", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const [newest = "", oldest = ""] = digests(changed);
    const retired = must(retire(world, vm, oldest));
    expect(retired.configurations[second]).toMatchObject({ retiredAt: world.time.now(), retiredReason: "no host has it any more" });
    expect(world.audit().at(-1)).toMatchObject({
      kind: "vm-changed",
      facts: { change: "configuration-retired", changed: oldest, configuration: newest, reason: "no host has it any more" },
    });
    const late = launch(world, retired, oldest, ["root"]);
    await world.run();
    expect(world.launchOf(late)).toMatchObject({ state: "refused", code: "release.configuration-retired" });
    expect(await released(world, launch(world, retired, newest, ["root", "store"]))).toEqual(["root", "store"]);
    // Once more changes nothing.
    const entries = world.disk.entries.length;
    expect(must(retire(world, vm, oldest)).configurations).toEqual(retired.configurations);
    expect(world.disk.entries.length).toBe(entries);
  });

  test("ends a launch with it that waits, and no other", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const [newest = "", oldest = ""] = digests(changed);
    const waiting = launch(world, changed, oldest, ["root"]);
    await world.run();
    expect(world.launchOf(waiting).state).toBe("pending");
    must(retire(world, vm, oldest));
    await world.run();
    expect(world.launchOf(waiting)).toMatchObject({ state: "abandoned", code: "manager.configuration-retired" });
    expect(releasedDisks(waiting)).toBeUndefined();

    const third = must(await issue(world, vm, { disks: [root], endpoints: ["third.test:7443"] }));
    const other = launch(world, third, newest, ["root", "store"]);
    await world.run();
    must(retire(world, vm, digests(third)[first] ?? ""));
    expect(world.launchOf(other).state).toBe("pending");
  });

  test("does not let a key go that was about to", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const oldest = digests(changed)[second] ?? "";
    const waiting = launch(world, changed, oldest, ["root"]);
    await world.run();
    world.keychain.holding = true;
    const decided = world.decide(waiting);
    await world.quiet();
    must(retire(world, vm, oldest));
    world.keychain.letGo();
    await world.settle();
    expect((await decided).ok).toBe(false);
    expect(releasedDisks(waiting)).toBeUndefined();
    expect(world.audit().some(({ kind }) => kind === "launch-released")).toBe(false);
  });

  test("gives its place to the newest that is accepted, with its disks", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const [newest = "", oldest = ""] = digests(changed);
    const retired = must(retire(world, vm, newest));
    expect(retired.disks).toEqual([root]);
    expect(world.audit().at(-1)?.facts).toMatchObject({ configuration: oldest, disks: ["root"] });
    expect(retire(world, vm, oldest)).toMatchObject({ failure: { code: "configuration.last" } });
  });

  test.each<[string, { vm?: string; digest?: string; reason?: string }, string]>([
    ["an unknown VM", { vm: "nobody" }, "enrolment.unknown-vm"],
    ["an unknown one", { digest: "00".repeat(32) }, "configuration.unknown"],
    ["no reason", { reason: "" }, "approval.reason-missing"],
    ["the last one", {}, "configuration.last"],
  ])("is refused: %s", async (_, asked, code) => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const digest = vm.configurations[0]?.digest ?? "";
    expect(world.manager.retireConfiguration({ vm: vm.id, digest, reason: "r", ...asked })).toMatchObject({ failure: { code } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("stays retired after a crash", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const oldest = digests(changed)[second] ?? "";
    must(retire(world, vm, oldest));
    world.crash({ losingUnsynced: true });
    expect(retire(world, vm, digests(changed)[first] ?? "")).toMatchObject({ failure: { code: "configuration.last" } });
    const late = launch(world, changed, oldest, ["root"]);
    await world.run();
    expect(world.launchOf(late)).toMatchObject({ state: "refused", code: "release.configuration-retired" });
  });
});
