// "first-launch-manual": a person approves once; what matches goes by itself, and anything new comes back with the difference spelled out.
import { beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import type { ReleaseRule, ReleaseTimes } from "../../core/appraise/policy-demands.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { changing } from "./hold-kit.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { digestOf, makeWorld, type World } from "../kit/world.ts";

let world: World;
let vm: VmRecord;

beforeEach(async () => {
  world = await makeWorld({ limits: { launchesPerMinute: 100 } });
  vm = await enrolled("first-launch-manual");
});

function enrolled(release: ReleaseRule, releaseTimes: ReleaseTimes = "any"): Promise<VmRecord> {
  return world.enrol({}, (record) => ({ ...record, policy: { ...record.policy, release, releaseTimes } }));
}

async function launch(guest?: SimulatedGuest, verdict?: "approve" | "deny", of: VmRecord = vm): Promise<LaunchRecord> {
  const connection = world.connect(of, guest === undefined ? {} : { guest });
  await world.run();
  if (verdict !== undefined) await world.answer(connection, verdict);
  await world.run();
  const record = world.launchOf(connection);
  connection.link.drop();
  await world.quiet();
  return record;
}

async function elsewhere(): Promise<SimulatedGuest> {
  const processor = await simulatedProcessor("Milan", { chipId: new Uint8Array(64).fill(0x77) });
  return processor.launch({ hostData: digestOf(vm) });
}

const another = new Uint8Array(48).fill(0x99);

test("holds 9: the first launch asks a person, and what they approved goes by itself afterwards", async () => {
  const first = await launch(undefined, "approve");
  expect(first).toMatchObject({ state: "opened", because: { reason: "first-launch" }, decision: { by: "person" } });
  expect(world.manager.vm(vm.id)?.pins).toMatchObject([{ launch: first.id, signer: "vcek", chipId: toHex(world.processor.chip.chipId) }]);
  const second = await launch();
  expect(second).toMatchObject({ state: "opened", decision: { by: "policy", pinnedBy: first.id } });
  expect(world.audit().filter(({ kind }) => kind === "launch-released")).toMatchObject([
    { facts: { by: "person" } },
    { facts: { by: "policy", pinnedBy: first.id } },
  ]);
});

describe("holds 9: what is new goes to a person, with the difference", () => {
  beforeEach(async () => {
    await launch(undefined, "approve");
  });

  test("another measurement", async () => {
    const record = await launch(world.processor.launch({ hostData: digestOf(vm), measurement: another }));
    const differences = [{ title: "Launch measurement", approved: "00".repeat(48), now: toHex(another) }];
    expect(record).toMatchObject({ state: "pending", because: { reason: "new", differences } });
  });

  test("another chip, which is a signal as well; approved, it is known", async () => {
    const guest = await elsewhere();
    const record = await launch(guest, "approve");
    expect(record).toMatchObject({ state: "opened", because: { reason: "new", differences: [{ title: "Chip" }] } });
    expect(record.checks?.find(({ id }) => id === "known-chip")?.signal).toContain("never given the VM's keys before");
    expect((await launch(await elsewhere())).decision).toMatchObject({ by: "policy", pinnedBy: record.id });
    expect((await launch()).decision).toMatchObject({ by: "policy" });
    expect(world.manager.vm(vm.id)?.pins).toHaveLength(2);
  });

  test("an ID key, an author key, a family and an image id: each is named", async () => {
    const id = { idKeyDigest: another, authorKeyDigest: another, familyId: another.slice(0, 16), imageId: another.slice(0, 16) };
    const { because } = await launch(world.processor.launch({ hostData: digestOf(vm), ...id }));
    const titles = because?.reason === "new" ? because.differences.map(({ title }) => title) : [];
    expect(titles).toEqual(["ID key", "Author key", "Family id", "Image id"]);
  });

  test("what a person denied pins nothing", async () => {
    expect((await launch(await elsewhere(), "deny")).state).toBe("denied");
    expect((await launch(await elsewhere())).state).toBe("pending");
    expect(world.manager.vm(vm.id)?.pins).toHaveLength(1);
  });

  test("the person reads it in full before they confirm", async () => {
    const connection = world.connect(vm, { guest: await elsewhere() });
    await world.run();
    const { id, evidenceDigest = "" } = world.launchOf(connection);
    const { summary } = must(
      world.manager.proposals.propose({ launch: id, evidence: evidenceDigest, verdict: "approve", reason: "moved" }),
    );
    const chip = "77".repeat(64);
    expect(summary.filter((line) => line.startsWith("NEW:"))).toEqual([
      `NEW: Chip. Approved: ${toHex(world.processor.chip.chipId)}. Now: ${chip}.`,
    ]);
    expect(summary.filter((line) => line.startsWith("NOTE:")).join("\n")).toContain(chip);
  });

  test("forgotten approvals make the next launch a first one", async () => {
    must(world.manager.forgetApprovals(vm.id));
    expect(await launch()).toMatchObject({ state: "pending", because: { reason: "first-launch" } });
    expect(world.audit().at(-1)).toMatchObject({ kind: "vm-changed", facts: { approvals: 0 } });
  });

  test("neither forgetting nor another policy says that failed opens were looked into", () => {
    const known = world.manager.vm(vm.id) ?? vm;
    world.disk.vms.set(vm.id, { ...known, failedOpens: 2 });
    expect(must(world.manager.forgetApprovals(vm.id))).toMatchObject({ pins: [], failedOpens: 2 });
    const policy = { ...vm.policy, approvalSeconds: 60 };
    expect(must(world.manager.changePolicy({ vm: vm.id, policy, before: digest(known), reason: "x" }))).toMatchObject({ failedOpens: 2 });
  });

  test("evidence that says something else after the approval asks again, and pins nothing meanwhile", async () => {
    const image = (fill: number) => world.processor.launch({ hostData: digestOf(vm), measurement: new Uint8Array(48).fill(fill) });
    const connection = world.connect(vm, { guest: changing(image(0x55), image(0x99)) });
    await world.run();
    for (let minute = 0; minute < 4; minute++) {
      world.time.advance(30_001);
      await world.run();
    }
    const decided = await world.answer(connection);
    expect(decided).toMatchObject({ ok: false, failure: { code: "approval.claims-changed" } });
    expect(world.launchOf(connection)).toMatchObject({
      state: "pending",
      because: { reason: "new", differences: [{ title: "Launch measurement" }] },
    });
    expect(world.manager.vm(vm.id)?.pins).toHaveLength(1);
    await world.answer(connection);
    await world.run();
    expect(world.manager.vm(vm.id)?.pins).toMatchObject([{ measurement: toHex(another) }, {}]);
  });

  test("a check that fails refuses, pinned or not", async () => {
    const guest = world.processor.launch({ hostData: digestOf(vm), policy: 0xb_0000n });
    expect(await launch(guest)).toMatchObject({ state: "refused", code: "appraise.guest-policy" });
  });
});

test("approvals under another rule pin nothing", async () => {
  const manual = await enrolled("manual");
  expect((await launch(undefined, "approve", manual)).because).toEqual({ reason: "always" });
  expect(world.manager.vm(manual.id)?.pins).toEqual([]);
});

test("a release whose commit fails pins nothing and is no history", async () => {
  const connection = world.connect(vm);
  await world.run();
  world.store.failNext("not-applied");
  await world.answer(connection);
  await world.run();
  expect(world.manager.vm(vm.id)).toMatchObject({ pins: [], history: { chips: [], instances: [] } });
});

describe("times of release", () => {
  // The world's clock stands at 2026-11-24 12:00 UTC, a Tuesday.
  const open = (from: string, until: string, days: readonly ("mon" | "tue")[] = ["tue"]) => [{ days, from, until }];

  test.each<[string, ReleaseTimes, string, string?]>([
    ["within", { open: open("12:00", "12:01"), outside: "refuse" }, "opened"],
    ["a minute early, refused", { open: open("12:01", "13:00"), outside: "refuse" }, "refused", "release.outside-times"],
    ["just over, refused", { open: open("11:00", "12:00"), outside: "refuse" }, "refused", "release.outside-times"],
    ["another day, a person", { open: open("00:00", "24:00", ["mon"]), outside: "manual" }, "pending"],
  ])("%s", async (_, releaseTimes, state, code) => {
    await launch(undefined, "approve");
    const known = world.manager.vm(vm.id) ?? vm;
    const timed = { ...known, policy: { ...known.policy, releaseTimes } };
    must(world.manager.changePolicy({ vm: vm.id, policy: timed.policy, before: digest(known), reason: "office hours" }));
    const record = await launch();
    expect([record.state, record.code]).toEqual([state, code]);
    if (state === "pending") expect(record.because).toEqual({ reason: "outside-times" });
  });
});

function digest({ policyVersions: [version] }: VmRecord): string {
  return version?.digest ?? "";
}
