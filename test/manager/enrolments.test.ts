// Enrolment: strict about what it is given, keys before the record, nothing left behind where it fails.
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { standardPreset, strictPreset } from "../../core/appraise/presets.ts";
import { parseConfiguration } from "../../core/launch/agent-configuration.ts";
import { createManager, type Enrolment } from "../../core/manager/manager.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { makeWorld } from "../kit/world.ts";

const plain: Enrolment = {
  name: "web-1",
  simulated: false,
  disks: [{ id: "root", device: "/dev/vda", name: "root" }],
  endpoints: ["manager.test:7443", "[2001:db8::1]:7443"],
  measurements: [],
};

describe("a VM that is enrolled", () => {
  test("has its configuration, whose digest is its HOST_DATA, and its keys", async () => {
    const world = await makeWorld();
    const vm = must(await world.manager.enrol(plain));
    const [configuration] = vm.configurations;
    const { configuration: read } = must(parseConfiguration(utf8(configuration?.text ?? "")));
    expect(read).toMatchObject({ vm: vm.id, manager: { anchor: "07".repeat(32), endpoints: plain.endpoints }, disks: plain.disks });
    expect(configuration?.digest).toBe(toHex(nodePrimitives.digest("sha256", utf8(configuration?.text ?? ""))));
    expect([...world.keychain.kept.keys()]).toEqual([`disk/${vm.id}/root`]);
    expect(world.keychain.kept.get(`disk/${vm.id}/root`)).toHaveLength(64);
    expect(world.audit().at(-1)).toMatchObject({
      kind: "vm-enrolled",
      facts: { vm: vm.id, simulated: false, configuration: configuration?.digest },
    });
    expect(vm.policy).toEqual(standardPreset());
    expect(world.manager.vm(vm.id)).toEqual(vm);
  });

  test("gets its measurements into the policy, or a policy of its own", async () => {
    const world = await makeWorld();
    const measurement = "ab".repeat(48);
    const named = { digest: measurement, label: "named at the enrolment" };
    expect(must(await world.manager.enrol({ ...plain, measurements: [measurement] })).policy.checks.measurement).toEqual({
      require: [named],
    });
    const simulated = must(await world.manager.enrol({ ...plain, name: "s", simulated: true, measurements: [measurement] }));
    expect(simulated.policy.checks.measurement).toEqual({ require: [named] });
    expect(simulated.simulatedAnchors?.Milan).toBeDefined();
    const strict = must(await world.manager.enrol({ ...plain, name: "t", preset: "strict", measurements: [measurement] }));
    expect(strict.policy).toEqual(strictPreset({ measurements: [named] }));
    const policy = { ...standardPreset(), approvalSeconds: 60 };
    expect(must(await world.manager.enrol({ ...plain, name: "p", policy: canonicalJson(policy) })).policy).toEqual(policy);
  });

  test("keeps the key that its disk has, which stays the caller's", async () => {
    const world = await makeWorld();
    const key = new Secret(new Uint8Array(16).fill(5));
    const vm = must(await world.manager.enrol({ ...plain, keys: new Map([["root", key]]) }));
    expect(world.keychain.kept.get(`disk/${vm.id}/root`)).toEqual(new Uint8Array(16).fill(5));
    expect(key.wiped).toBe(false);
  });
});

describe("what is refused", () => {
  const key = (length: number): ReadonlyMap<string, Secret> => new Map([["root", new Secret(new Uint8Array(length))]]);
  test.each<[string, Partial<Enrolment>, string]>([
    ["no name", { name: "  " }, "enrolment.malformed"],
    ["a long name", { name: "x".repeat(65) }, "enrolment.malformed"],
    ["a control character in the name", { name: "a\u001b[31m" }, "enrolment.malformed"],
    ["no disk", { disks: [] }, "enrolment.malformed"],
    ["two disks of one id", { disks: [...plain.disks, ...plain.disks] }, "enrolment.malformed"],
    ["a relative device", { disks: [{ id: "root", device: "dev/vda", name: "root" }] }, "enrolment.malformed"],
    ["no endpoint", { endpoints: [] }, "enrolment.malformed"],
    ["an endpoint without a port", { endpoints: ["manager.test"] }, "enrolment.malformed"],
    ["a short measurement", { measurements: ["ab"] }, "enrolment.malformed"],
    ["a policy that is no JSON", { policy: "{" }, "appraise.policy-malformed"],
    ["a policy with a check missing", { policy: '{"version":1}' }, "appraise.policy-malformed"],
    ["measurements beside a policy", { policy: canonicalJson(standardPreset()), measurements: ["ab".repeat(48)] }, "enrolment.malformed"],
    ["a preset beside a policy", { policy: canonicalJson(standardPreset()), preset: "strict" }, "enrolment.malformed"],
    ["a preset for a simulated VM", { simulated: true, preset: "standard" }, "enrolment.malformed"],
    ["a key of 15 bytes", { keys: key(15) }, "enrolment.malformed"],
    ["a key of 513 bytes", { keys: key(513) }, "enrolment.malformed"],
    ["a key for a disk that is not there", { keys: new Map([["other", new Secret(new Uint8Array(64))]]) }, "enrolment.malformed"],
  ])("%s", async (_, change, code) => {
    const world = await makeWorld();
    expect(await world.manager.enrol({ ...plain, ...change })).toMatchObject({ ok: false, failure: { code } });
    expect(world.keychain.kept.size).toBe(0);
    expect(world.manager.vms()).toEqual([]);
  });

  test("a name that is taken, however it is written, even while both are being enrolled", async () => {
    const world = await makeWorld();
    const both = await Promise.all([world.manager.enrol(plain), world.manager.enrol({ ...plain, name: " WEB-1 " })]);
    expect(both.map((one) => one.ok)).toEqual([true, false]);
    expect(both[1]).toMatchObject({ failure: { code: "enrolment.name-taken" } });
    expect(world.keychain.kept.size).toBe(1);
  });

  test("a simulated VM where there is no simulator", async () => {
    const world = await makeWorld();
    const manager = createManager(world.ports, { managerAnchor: new Uint8Array(32), trustAnchors: amdAnchors });
    must(manager.recover());
    expect(await manager.enrol({ ...plain, simulated: true })).toMatchObject({ failure: { code: "enrolment.no-simulator" } });
  });
});

describe("what fails leaves nothing behind", () => {
  test("a keychain that does not write", async () => {
    const world = await makeWorld();
    world.keychain.refusesWrites = true;
    expect(await world.manager.enrol(plain)).toMatchObject({ failure: { code: "keychain.locked" } });
    expect(world.manager.vms()).toEqual([]);
  });

  test("a keychain that writes the first key and not the second", async () => {
    const world = await makeWorld();
    const write = world.keychain.setSecret.bind(world.keychain);
    world.keychain.setSecret = (account, secret) => {
      world.keychain.locked = account.endsWith("/swap");
      return write(account, secret);
    };
    const disks = [...plain.disks, { id: "swap", device: "/dev/vdb", name: "swap" }];
    expect(await world.manager.enrol({ ...plain, disks })).toMatchObject({ failure: { code: "keychain.locked" } });
    expect(world.keychain.kept.size).toBe(0);
    expect(world.manager.vms()).toEqual([]);
  });

  test.each(["not-applied", "unknown-not-applied"] as const)("a store that does not write (%s)", async (fault) => {
    const world = await makeWorld();
    world.store.failNext(fault);
    expect((await world.manager.enrol(plain)).ok).toBe(false);
    expect(world.keychain.kept.size).toBe(0);
  });

  test("a store that wrote, and does not know it: the record has its keys", async () => {
    const world = await makeWorld();
    world.store.failNext("applied");
    const vm = must(await world.manager.enrol(plain));
    expect(world.manager.vm(vm.id)).toEqual(vm);
    expect(world.keychain.kept.size).toBe(1);
  });
});

describe("enabling", () => {
  test("is recorded, ends what waits, and sets the count of failed opens back", async () => {
    const world = await makeWorld();
    const vm = await world.enrol({}, (record) => ({ ...record, failedOpens: 4 }));
    const connection = world.connect(vm);
    await world.run();
    expect(must(world.manager.setEnabled(vm.id, false))).toMatchObject({ enabled: false, failedOpens: 4 });
    expect(world.launchOf(connection)).toMatchObject({ state: "abandoned", code: "manager.vm-disabled" });
    expect(must(world.manager.setEnabled(vm.id, true))).toMatchObject({ enabled: true, failedOpens: 0 });
    expect(
      world
        .audit()
        .slice(-2)
        .map(({ kind, facts }) => [kind, facts["enabled"]]),
    ).toEqual([
      ["vm-changed", false],
      ["vm-changed", true],
    ]);
    const entries = world.disk.entries.length;
    must(world.manager.setEnabled(vm.id, true));
    expect(world.disk.entries.length).toBe(entries);
  });

  test("of an unknown VM is refused", async () => {
    const world = await makeWorld();
    expect(world.manager.setEnabled("nobody", true)).toMatchObject({ failure: { code: "enrolment.unknown-vm" } });
  });
});
