// Can a console see, issue and retire agent configurations over the contract, and get the files in which they reach a VM? A real manager behind the router.
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../core/api/roles.ts";
import { fromBase64, fromHex, toBase64, toHex } from "../../../core/base/bytes.ts";
import { must, ok } from "../../../core/base/result.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { makeConfigDisk } from "../../../core/kit/config-disk.ts";
import { configurationPiece } from "../../../core/kit/initramfs.ts";
import type { VmRecord } from "../../../core/manager/records.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { vmFrom, vmRow } from "../../../core/node/store/record-rows.ts";
import { rogueLaunch } from "../../kit/rogue.ts";
import { makeWorld, type World } from "../../kit/world.ts";
import { restingParts } from "./resting-parts.ts";

let world: World;
let vm: VmRecord;
const disks = [
  { id: "root", device: "/dev/vda", name: "root" },
  { id: "data", device: "/dev/vdb", name: "data" },
];

beforeEach(async () => {
  world = await makeWorld();
  vm = await world.enrol();
});

const asked = () => ({ vm: vm.id, endpoints: ["second.test:7443"], disks, reason: "a data disk" });
const issued = async (): Promise<string> => (await client("operate").configurations.issue(asked())).configurations[0]?.digest ?? "";

describe("configurations", () => {
  test("are issued, listed with their state, and retired", async () => {
    const before = vm.configurations[0]?.digest ?? "";
    const changed = await client("operate").configurations.issue(asked());
    expect(changed).toMatchObject({ disks, configurations: [{ reason: "a data disk" }, { digest: before }] });
    const newest = changed.configurations[0]?.digest ?? "";
    const listed = await client("view").configurations.list({ vm: vm.id });
    expect(listed.map(({ digest, current }) => [digest, current])).toEqual([
      [newest, true],
      [before, false],
    ]);
    expect(listed[0]).toMatchObject({ hostDataBase64: toBase64(fromHex(newest) ?? new Uint8Array(0)), reason: "a data disk" });
    expect(JSON.parse(listed[0]?.text ?? "")).toMatchObject({ vm: vm.id, disks });

    const retired = await client("operate").configurations.retire({ vm: vm.id, digest: before, reason: "moved" });
    expect(retired.configurations[1]).toMatchObject({ digest: before, retiredReason: "moved" });
    await expect(client("operate").configurations.retire({ vm: vm.id, digest: newest, reason: "x" })).rejects.toMatchObject({
      data: { code: "configuration.last" },
    });
  });

  test("take a retry plan", async () => {
    const retry = { firstDelaySeconds: 1, maximumDelaySeconds: 9, giveUpAfterSeconds: 99 };
    const changed = await client("operate").configurations.issue({ ...asked(), retry });
    expect(JSON.parse(changed.configurations[0]?.text ?? "")).toMatchObject({ retry });
  });

  test("are shown with the launch that had each last, and only a genuine report counts", async () => {
    const before = vm.configurations[0]?.digest ?? "";
    const newest = await issued();
    const first = world.connect(vm, { configuration: before, disks: ["root"] });
    await world.run();
    await world.answer(first);
    const second = world.connect(vm, { configuration: before, disks: ["root"] });
    await world.run();
    const honest = world.processor.launch({ hostData: fromHex(newest) ?? new Uint8Array(0) });
    await rogueLaunch(world, vm, {
      configuration: fromHex(newest) ?? new Uint8Array(0),
      forge: (reportData) => {
        const report = honest.report({ reportData });
        report[0x1a0] = (report[0x1a0] ?? 0) ^ 1;
        return { report, certificates: honest.certTable() };
      },
    });
    const listed = await client("view").configurations.list({ vm: vm.id });
    expect(listed.map(({ lastLaunch }) => lastLaunch?.id)).toEqual([undefined, world.launchOf(second).id]);
  });

  test.each<[string, (id: string) => Promise<unknown>, string]>([
    ["of no VM", () => client("view").configurations.list({ vm: nobody }), "api.no-such-vm"],
    ["issued to no VM", () => client("operate").configurations.issue({ ...asked(), vm: nobody }), "api.no-such-vm"],
    ["retired of no VM", () => client("operate").configurations.retire({ vm: nobody, digest: zeros, reason: "r" }), "api.no-such-vm"],
    [
      "that nobody issued",
      (id) => client("operate").configurations.retire({ vm: id, digest: zeros, reason: "r" }),
      "configuration.unknown",
    ],
    [
      "of which an image is wanted",
      (id) => client("view").configurations.image({ vm: id, digest: zeros, form: "config-disk" }),
      "configuration.unknown",
    ],
  ])("%s are refused", async (_, call, code) => {
    await expect(call(vm.id)).rejects.toMatchObject({ data: { code } });
  });
});

describe("the files of a configuration", () => {
  test.each([
    ["config-disk", "agent-configuration.img", (bytes: Uint8Array) => must(makeConfigDisk(bytes, nodePrimitives.digest("sha256", bytes)))],
    ["initramfs", "agent-configuration.cpio", configurationPiece],
  ] as const)("%s", async (form, name, make) => {
    const digest = await issued();
    const text = world.manager.vm(vm.id)?.configurations[0]?.text ?? "";
    const image = await client("view").configurations.image({ vm: vm.id, digest, form });
    const bytes = fromBase64(image.base64) ?? new Uint8Array(0);
    expect(bytes).toEqual(make(utf8(text)));
    expect(image).toMatchObject({ name, sha256: toHex(nodePrimitives.digest("sha256", bytes)) });
  });
});

describe("rows of the store", () => {
  test("keep the reasons, and those that were written without any are read as they are", async () => {
    await issued();
    await client("operate").configurations.retire({ vm: vm.id, digest: vm.configurations[0]?.digest ?? "", reason: "moved" });
    const record = world.manager.vm(vm.id);
    if (record === undefined) throw new Error("enrolled above");
    expect(vmFrom(vmRow(record))).toEqual(record);
    expect(vmFrom(vmRow(vm))).toEqual(vm);
    expect(vmRow(vm).record).not.toContain("etiredReason");
  });
});

const nobody = "00000000-0000-4000-8000-000000000000";
const zeros = "00".repeat(32);

function client(role: Role) {
  return createRouterClient(createRouter(restingParts({ manager: () => ok(world.manager) })), { context: makeCaller(role) });
}
