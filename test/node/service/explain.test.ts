// Can a console ask why a launch does not match, and what differs between two? A real manager behind the router, launches of a simulated processor.
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import { must, ok } from "../../../core/base/result.ts";
import { fromHex } from "../../../core/base/bytes.ts";
import type { LaunchRecord, VmRecord } from "../../../core/manager/records.ts";
import { type BootFile, type BootSet, measureBootSet, measureFirmwareFile } from "../../../core/measure/boot-set.ts";
import type { Launched } from "../../../core/measure/explain-input.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { digestOf, makeWorld, type World } from "../../kit/world.ts";
import { makeFirmware } from "../../measure/kit.ts";
import { restingParts } from "./resting-parts.ts";

const file = (name: string, digit: string): BootFile => ({ name, sha256: digit.repeat(64), bytes: 9_000_000 });
const direct = { kernel: file("vmlinuz-6.12.9", "1"), initrd: file("initrd-6.12.9", "2"), commandLine: "quiet" };
const nextKernel = file("vmlinuz-6.12.10", "3");
const withoutHashes: Launched = {
  firmware: must(measureFirmwareFile("OVMF.amdsev.fd", makeFirmware(), nodePrimitives)),
  vcpus: 2,
  vcpuModel: "EPYC-Genoa",
  vcpuSignature: 0x00a10f10,
  guestFeatures: "0x1",
  vmm: "qemu",
};
const set: Launched = { ...withoutHashes, direct };
const next: Launched = { ...set, direct: { ...direct, kernel: nextKernel, initrd: file("initrd-6.12.10", "4") } };

let world: World;
let vm: VmRecord;
let router: ReturnType<typeof createRouter>;

beforeEach(async () => {
  world = await makeWorld();
  router = createRouter(restingParts({ manager: () => ok(world.manager) }));
  vm = await world.enrol();
});

describe("a launch is explained", () => {
  test.each<[string, Launched, readonly string[]]>([
    ["that is what it should be", set, []],
    ["with more vCPUs", { ...set, vcpus: 6 }, ["vCPUs = 6"]],
    ["with another set of the VM, as a whole", next, ['boot set = "the next kernel"']],
    ["with the next kernel alone", { ...set, direct: { ...direct, kernel: nextKernel } }, ["kernel = vmlinuz-6.12.10"]],
    ["without hashes", withoutHashes, ["kernel-hashes = off"]],
  ])("%s", async (_, really, differences) => {
    add("the next kernel", next);
    const kept = add("today's", set);
    const launch = await launched(really);
    const explained = await client().launches.explain({ launch: launch.id });
    expect(explained).toMatchObject({ found: true, differences, bootSet: { label: "today's" }, complete: true });
    expect(explained.bootSet.id).toBe(kept.id);
    expect(explained.sentence).toMatch(/^It matches /);
  });

  test("by what is approved, before what is newer", async () => {
    const approved = add("approved", set);
    add("newer", next);
    keep(approved.id, { approvedAt: 1 });
    const launch = await launched(set);
    expect(await client().launches.explain({ launch: launch.id })).toMatchObject({ differences: [], bootSet: { label: "approved" } });
    keep(approved.id, { retiredAt: 2 });
    const explained = await client().launches.explain({ launch: launch.id });
    expect(explained).toMatchObject({ differences: ['boot set = "approved"'], bootSet: { label: "newer" } });
  });

  test("by nothing that is known: it says so", async () => {
    add("today's", set);
    const launch = await launched({ ...set, vcpus: 1_000 });
    const explained = await client().launches.explain({ launch: launch.id });
    expect(explained).toMatchObject({ found: false, complete: true, differences: [] });
    expect(explained.sentence).toContain("None of ");
  });

  test("one at a time; the other is told to come back, and the service lives meanwhile", async () => {
    add("today's", set);
    const launch = await launched({ ...set, vcpus: 1_000 });
    const first = client().launches.explain({ launch: launch.id });
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    await expect(client().launches.explain({ launch: launch.id })).rejects.toMatchObject({ data: { code: "measure.explaining" } });
    expect(await first).toMatchObject({ found: false });
    clearInterval(turning);
    expect(turns).toBeGreaterThan(5);
    expect(await client().launches.explain({ launch: launch.id })).toMatchObject({ found: false });
  });

  test("until whoever asked goes away", async () => {
    add("today's", set);
    const launch = await launched({ ...set, vcpus: 1_000 });
    const explained = await client().launches.explain({ launch: launch.id }, { signal: AbortSignal.timeout(1) });
    expect(explained).toMatchObject({ found: false, complete: false });
  });
});

describe("what cannot be explained is refused", () => {
  test("a launch that is not there, one of a VM without boot sets, one without a report", async () => {
    const nowhere = "00000000-0000-4000-8000-000000000000";
    await expect(client().launches.explain({ launch: nowhere })).rejects.toMatchObject({ data: { code: "api.no-such-launch" } });
    const launch = await launched(set);
    await expect(client().launches.explain({ launch: launch.id })).rejects.toMatchObject({ data: { code: "measure.no-boot-set" } });
    add("today's", set);
    const { report: _, ...without } = launch;
    world.disk.launches.set(launch.id, without);
    await expect(client().launches.explain({ launch: launch.id })).rejects.toMatchObject({ data: { code: "measure.no-report" } });
    await expect(client().launches.compare({ before: launch.id, after: launch.id })).rejects.toMatchObject({
      data: { code: "measure.no-report" },
    });
  });
});

test("two launches are compared, earlier and later", async () => {
  const [before, after] = [await launched(set), await launched({ ...set, vcpus: 4 })];
  const compared = await client().launches.compare({ before: before.id, after: after.id });
  expect(compared.differences.map(({ name }) => name)).toEqual(["MEASUREMENT"]);
  expect(compared.always).toContain("REPORT_ID");
  expect((await client().launches.compare({ before: after.id, after: after.id })).differences).toEqual([]);
});

function add(label: string, of: Launched): { readonly id: string } {
  const [kept] = must(world.manager.addBootSet({ vm: vm.id, label, set: of })).bootSets;
  if (kept === undefined) throw new Error("not kept");
  return kept;
}

function keep(id: string, different: { readonly approvedAt?: number; readonly retiredAt?: number }): void {
  const record = world.manager.vm(vm.id);
  if (record === undefined) throw new Error("no VM");
  const bootSets = record.bootSets.map((kept) => (kept.id === id ? { ...kept, ...different } : kept));
  world.disk.vms.set(vm.id, { ...record, bootSets });
}

async function launched(of: Launched): Promise<LaunchRecord> {
  const { measurement }: BootSet = must(measureBootSet(of, nodePrimitives));
  const guest = world.processor.launch({ hostData: digestOf(vm), measurement: fromHex(measurement) ?? new Uint8Array(0) });
  const connection = world.connect(vm, { guest });
  await world.run();
  const launch = world.launchOf(connection);
  connection.link.drop();
  await world.run();
  return launch;
}

function client() {
  return createRouterClient(router, { context: makeCaller("view") });
}
