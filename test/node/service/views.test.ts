// What do consoles and the terminal see of a launch that a person is asked about, and of a VM with approvals and a history? Real records of a real
// manager, through the contract's own schemas.
import { beforeEach, describe, expect, test } from "vitest";
import type { ReleaseTimes } from "../../../core/appraise/policy-demands.ts";
import { parseHistory } from "../../../core/appraise/history-parser.ts";
import { simulatedPreset } from "../../../core/appraise/presets.ts";
import { launchDetail as launchShape, vmDetail as vmShape } from "../../../core/api/schemas.ts";
import { toHex } from "../../../core/base/bytes.ts";
import { canonicalJson, parseJson } from "../../../core/base/json.ts";
import { launchText, vmText } from "../../../core/cli/launch-text.ts";
import type { LaunchRecord, VmRecord } from "../../../core/manager/records.ts";
import { launchDetail, vmDetail } from "../../../core/node/service/views.ts";
import { simulatedProcessor } from "../../kit/simulated.ts";
import { digestOf, makeWorld, type World } from "../../kit/world.ts";

let world: World;
let vm: VmRecord;
let first: LaunchRecord;
let moved: LaunchRecord;
let chip = "";
const otherChip = "77".repeat(64);

beforeEach(async () => {
  world = await makeWorld();
  const releaseTimes: ReleaseTimes = { open: [{ days: ["tue"], from: "00:00", until: "24:00" }], outside: "refuse" };
  vm = await world.enrol({ policy: canonicalJson({ ...simulatedPreset(), release: "first-launch-manual", releaseTimes }) });
  chip = toHex(world.processor.chip.chipId);
  const connection = world.connect(vm);
  await world.run();
  await world.answer(connection);
  await world.run();
  first = world.launchOf(connection);
  connection.link.drop();
  await world.quiet();
  const elsewhere = await simulatedProcessor("Milan", { chipId: new Uint8Array(64).fill(0x77) });
  const second = world.connect(vm, { guest: elsewhere.launch({ hostData: digestOf(vm) }) });
  await world.run();
  moved = world.launchOf(second);
  vm = world.manager.vm(vm.id) ?? vm;
});

describe("a launch that shows something new", () => {
  test("says what, in full, and what is to be noted of it", () => {
    const view = launchShape.parse(launchDetail(moved));
    expect(view.because).toEqual({ reason: "new", differences: [{ title: "Chip", approved: chip, now: otherChip }] });
    expect(view.signals).toEqual((moved.checks ?? []).flatMap(({ signal }) => signal ?? []));
    expect(view.signals.join("\n")).toContain(otherChip);
  });

  test("says so on a terminal before its fields", () => {
    const text = launchText(launchDetail(moved));
    const wanted = `NEW: Chip. Approved: ${chip}. Now: ${otherChip}.`;
    expect(text).toContain(wanted);
    const [note, difference, measurement] = ["NOTE: ", wanted, "MEASUREMENT"].map((part) => text.indexOf(part));
    expect([note, difference, measurement].toSorted((a = 0, b = 0) => a - b)).toEqual([note, difference, measurement]);
    expect(note).toBeGreaterThan(0);
  });

  test("the first one says that it is that", () => {
    expect(launchShape.parse(launchDetail(first)).because).toEqual({ reason: "first-launch" });
    expect(launchText(launchDetail(first))).toContain("A person is asked: it is the first launch.");
  });
});

describe("a VM", () => {
  test("is shown with its version, what is approved, and where it ran; its history is read as `report appraise` reads it", () => {
    const view = vmShape.parse(vmDetail(vm, moved));
    expect(view.policyVersion).toMatchObject({ number: 1, digest: vm.policyVersions[0]?.digest });
    expect(view.pins).toMatchObject([{ launch: first.id, chipId: chip, signer: "vcek" }]);
    expect(view.history.chips).toHaveLength(1);
    expect(parseHistory(parseJson(JSON.stringify(view.history)))).toEqual({ ok: true, value: vm.history });
  });

  test("on a terminal: its rule, its version, each approval in full, and each chip", () => {
    const text = vmText(vmDetail(vm, moved));
    for (const part of [
      "release rule first-launch-manual, and times of release",
      "policy version 1 since ",
      `approved in launch ${first.id} at `,
      "signed by a vcek",
      `  measurement ${"00".repeat(48)}`,
      `  chip ${chip}`,
      `had its keys on chip ${chip}`,
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("ID key");
    expect(text).not.toContain(otherChip);
  });

  test("of a manager whose policy this program cannot read is shown all the same", () => {
    expect(vmText({ ...vmDetail(vm, undefined), policy: '{"version":2}' })).toContain("release rule unknown");
  });
});
