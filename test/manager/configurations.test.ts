// Agent configurations come and go beside each other, and each opens exactly the disks that it names: whatever the record says is newest, the
// one that the CPU attested counts. Keys before the record, nothing left behind, nothing written over.
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { rogueLaunch } from "../kit/rogue.ts";
import { makeWorld } from "../kit/world.ts";
import {
  bytesOf,
  digests,
  endpoints,
  issue,
  launch,
  released,
  releasedDisks,
  retire,
  root,
  store,
  swap,
  type Asked,
} from "./configuration-kit.ts";

const [first, second] = [0, 1];

describe("which keys an agent gets", () => {
  test("are those of the configuration that it attested, the old one's and the new one's", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({ disks: [root, swap] });
    const before = vm.configurations[0]?.digest ?? "";
    const changed = must(await issue(world, vm, { disks: [store, root] }));
    expect(digests(changed)).toEqual([expect.not.stringContaining(before), before]);
    expect(changed.disks).toEqual([store, root]);

    const old = launch(world, changed, before, ["root", "swap"]);
    expect(await released(world, old)).toEqual(["root", "swap"]);
    expect([...old.agent.keys.keys()]).toEqual(["root", "swap"]);
    expect(world.audit().findLast(({ kind }) => kind === "launch-released")?.facts["disks"]).toEqual(["root", "swap"]);

    const now = launch(world, changed, digests(changed)[first] ?? "", ["store", "root"]);
    expect(await released(world, now)).toEqual(["store", "root"]);
    expect(world.audit().findLast(({ kind }) => kind === "launch-released")?.facts["disks"]).toEqual(["store", "root"]);
    expect(world.launchOf(now).state).toBe("opened");
    // The same key, whichever configuration it goes by.
    expect(now.agent.keys.get("root")).toBe(old.agent.keys.get("root"));
  });

  test("never follow what the agent says: it attested the old one and names the new one", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({ disks: [root] });
    const changed = must(await issue(world, vm));
    const [newest = "", oldest = ""] = digests(changed);
    const guest = world.processor.launch({ hostData: bytesOf(oldest) });
    const liar = await rogueLaunch(world, changed, {
      configuration: bytesOf(newest),
      forge: (reportData) => ({ report: guest.report({ reportData }), certificates: guest.certTable() }),
    });
    expect(liar.refused).toBe("not-accepted");
    expect(liar.record).toMatchObject({ state: "refused", code: "appraise.configuration" });
  });

  test("do not follow a record that was changed under its digest", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({ disks: [root] });
    const changed = must(await issue(world, vm));
    const [newest, oldest] = changed.configurations;
    if (newest === undefined || oldest === undefined) throw new Error("two were issued");
    const waiting = launch(world, changed, oldest.digest, ["root"]);
    await world.run();
    world.disk.vms.set(vm.id, { ...changed, configurations: [newest, { ...oldest, text: newest.text }] });
    await world.answer(waiting);
    expect(releasedDisks(waiting)).toBeUndefined();
    expect(world.launchOf(waiting)).toMatchObject({ state: "refused", code: "release.configuration-unknown" });
  });

  test("stay in the keychain for a disk that was dropped, and are the same when it comes back", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({ disks: [root, swap] });
    const key = world.keychain.kept.get(`disk/${vm.id}/swap`);
    const without = must(await issue(world, vm, { disks: [root] }));
    must(retire(world, without, digests(without)[second] ?? ""));
    expect(world.keychain.kept.get(`disk/${vm.id}/swap`)).toEqual(key);
    const again = must(await issue(world, vm, { disks: [root, { ...swap, device: "/dev/vdd" }], reason: "it is back" }));
    expect(world.keychain.kept.get(`disk/${vm.id}/swap`)).toEqual(key);
    const connection = launch(world, again, digests(again)[first] ?? "", ["root", "swap"]);
    expect(await released(world, connection)).toEqual(["root", "swap"]);
    expect(connection.agent.keys.get("swap")).toBe(toHex(key ?? new Uint8Array(0)));
  });
});

describe("a configuration that is issued", () => {
  test("is recorded with its reason, keeps the retry plan, and gives new disks keys of their own", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm, { endpoints: ["second.test:7443"] }));
    const [newest] = changed.configurations;
    expect(JSON.parse(newest?.text ?? "")).toMatchObject({
      vm: vm.id,
      manager: { endpoints: ["second.test:7443"], anchor: "07".repeat(32) },
      disks: [root, store],
      retry: { firstDelaySeconds: 5, maximumDelaySeconds: 120, giveUpAfterSeconds: 0 },
    });
    expect(newest).toMatchObject({ reason: "a second disk", issuedAt: world.time.now() });
    expect(world.manager.vm(vm.id)).toEqual(changed);
    const [one, two] = ["root", "store"].map((disk) => world.keychain.kept.get(`disk/${vm.id}/${disk}`));
    expect(two).toHaveLength(64);
    expect(two).not.toEqual(one);
    expect(world.audit().at(-1)).toMatchObject({
      kind: "vm-changed",
      facts: {
        change: "configuration-issued",
        changed: newest?.digest,
        configuration: newest?.digest,
        configurations: digests(changed),
        reason: "a second disk",
        disks: ["root", "store"],
      },
    });
    const patient = { firstDelaySeconds: 1, maximumDelaySeconds: 2, giveUpAfterSeconds: 3 };
    expect(JSON.parse(must(await issue(world, vm, { retry: patient })).configurations[0]?.text ?? "")).toMatchObject({ retry: patient });
  });

  test("changes nothing where it is the newest already, and comes first again where it is older", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const changed = must(await issue(world, vm));
    const entries = world.disk.entries.length;
    expect(must(await issue(world, vm, { reason: "again" }))).toEqual(changed);
    expect(world.disk.entries.length).toBe(entries);
    const back = must(await issue(world, vm, { disks: [root], reason: "back" }));
    expect(digests(back)).toEqual(digests(changed).toReversed());
    expect(back.disks).toEqual([root]);
    expect(back.configurations[0]).toMatchObject({ reason: "back" });
    expect(world.disk.entries.length).toBe(entries + 1);
  });

  test.each<[string, Asked, string]>([
    ["no disk", { disks: [] }, "configuration.malformed"],
    ["two disks of one UUID", { disks: [{ ...root, uuid: store.uuid }, store] }, "configuration.malformed"],
    ["a UUID in upper case", { disks: [{ ...store, uuid: store.uuid.toUpperCase() }] }, "configuration.malformed"],
    ["two disks of one name", { disks: [root, { ...store, name: "root" }] }, "configuration.malformed"],
    ["an endpoint without a port", { endpoints: ["manager.test"] }, "configuration.malformed"],
    [
      "an impatient retry plan",
      { retry: { firstDelaySeconds: 0, maximumDelaySeconds: 1, giveUpAfterSeconds: 0 } },
      "configuration.malformed",
    ],
    ["no reason", { reason: " " }, "approval.reason-missing"],
  ])("is refused with %s", async (_, asked, code) => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const kept = world.keychain.kept.size;
    expect(await issue(world, vm, asked)).toMatchObject({ ok: false, failure: { code } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
    expect(world.keychain.kept.size).toBe(kept);
  });

  test("is refused for an unknown VM, and where it was retired", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    expect(await world.manager.issueConfiguration({ vm: "nobody", endpoints, disks: [root], reason: "r" })).toMatchObject({
      failure: { code: "enrolment.unknown-vm" },
    });
    const changed = must(await issue(world, vm));
    must(retire(world, vm, digests(changed)[first] ?? ""));
    expect(await issue(world, vm)).toMatchObject({ failure: { code: "configuration.retired-before" } });
  });

  test("is the sixteenth at most", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const endpointNumber = (number: number): Asked => ({ disks: [root], endpoints: [`m${number}.test:7443`] });
    for (let number = 2; number <= 16; number++) must(await issue(world, vm, endpointNumber(number)));
    expect(await issue(world, vm, endpointNumber(17))).toMatchObject({ failure: { code: "configuration.too-many" } });
    must(retire(world, vm, vm.configurations[0]?.digest ?? ""));
    expect((await issue(world, vm, endpointNumber(17))).ok).toBe(true);
  });
});

describe("what fails leaves nothing behind", () => {
  test.each(["not-applied", "unknown-not-applied"] as const)("a store that does not write (%s)", async (fault) => {
    const world = await makeWorld();
    const vm = await world.enrol();
    world.store.failNext(fault);
    expect((await issue(world, vm)).ok).toBe(false);
    expect([...world.keychain.kept.keys()]).toEqual([`disk/${vm.id}/root`]);
    expect(world.manager.vm(vm.id)).toEqual(vm);
    expect((await issue(world, vm)).ok).toBe(true);
  });

  test("a store that wrote, and does not know it: the record has its keys", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    world.store.failNext("applied");
    const changed = must(await issue(world, vm));
    expect(world.manager.vm(vm.id)).toEqual(changed);
    expect(world.keychain.kept.has(`disk/${vm.id}/store`)).toBe(true);
  });

  test("a keychain that writes the first key and not the second", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const write = world.keychain.setSecret.bind(world.keychain);
    world.keychain.setSecret = (account, secret) => {
      world.keychain.locked = account.endsWith("/swap");
      return write(account, secret);
    };
    expect(await issue(world, vm, { disks: [root, store, swap] })).toMatchObject({ failure: { code: "keychain.locked" } });
    expect([...world.keychain.kept.keys()]).toEqual([`disk/${vm.id}/root`]);
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("a locked keychain is asked before anything is written", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    world.keychain.locked = true;
    expect(await issue(world, vm)).toMatchObject({ failure: { code: "keychain.locked" } });
    // No new disk, no question.
    expect((await issue(world, vm, { disks: [root], endpoints: ["second.test:7443"] })).ok).toBe(true);
  });

  test("a key that the keychain holds is never written over, nor deleted again", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const orphan = new Uint8Array(64).fill(9);
    world.keychain.kept.set(`disk/${vm.id}/store`, orphan);
    world.store.failNext("not-applied");
    expect((await issue(world, vm)).ok).toBe(false);
    expect(world.keychain.kept.get(`disk/${vm.id}/store`)).toEqual(orphan);
    must(await issue(world, vm));
    expect(world.keychain.kept.get(`disk/${vm.id}/store`)).toEqual(orphan);
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  });

  test("two at once: one is told to look again, and the keys are those of the record", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    const both = await Promise.all([issue(world, vm), issue(world, vm, { endpoints: ["second.test:7443"] })]);
    expect(both.map(({ ok: good }) => good)).toEqual([true, false]);
    expect(both[1]).toMatchObject({ failure: { code: "configuration.being-issued" } });
    expect((await issue(world, vm, { endpoints: ["second.test:7443"] })).ok).toBe(true);
  });

  test("what changed while the keychain was asked stays changed", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    world.keychain.holding = true;
    const issued = issue(world, vm);
    must(world.manager.setEnabled(vm.id, false));
    world.keychain.letGo();
    expect(must(await issued)).toMatchObject({ enabled: false, disks: [root, store] });
    expect(world.manager.vm(vm.id)?.enabled).toBe(false);
  });
});
