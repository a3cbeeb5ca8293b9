// The next launch with boot files that were approved ahead goes by itself, where nothing else is new; and the old one passes until it is retired.
// Whole launches of real agent machines against a real manager.
import { beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { imageOf } from "../../core/kit/id-block.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { digestOf } from "../kit/world.ts";
import { BootBench, requiring } from "./boot-bench.ts";
import { kernel, measurementOf, next, old, shown } from "./boot-kit.ts";

let bench: BootBench;

beforeEach(async () => {
  bench = await BootBench.make();
});

describe("the next launch", () => {
  test("goes by itself, and the record and the log say by whose word; so does the old one, until it is retired", async () => {
    const was = bench.add(old, "6.12.1");
    const first = await bench.launch(old, "approve");
    const added = bench.add();
    bench.approve(added);
    const second = await bench.launch(next);
    expect(second).toMatchObject({
      state: "opened",
      decision: { by: "policy", pinnedBy: first.id, bootSet: { id: added.id, label: "6.12.2" } },
    });
    const released = bench.world.audit().filter(({ kind }) => kind === "launch-released");
    expect(released.at(-1)?.facts).toMatchObject({
      by: "policy",
      pinnedBy: first.id,
      approvedAhead: { bootSet: added.id, label: "6.12.2", measurement: measurementOf(next), reason: "tested on db-2" },
    });
    const back = await bench.launch(old);
    expect(back).toMatchObject({ state: "opened", decision: { by: "policy", pinnedBy: first.id } });
    expect(back.decision?.bootSet).toBeUndefined();

    expect(must(bench.retire(was)).bootSets.find(({ id }) => id === was.id)).toMatchObject({ retiredAt: bench.world.time.now() });
    expect(bench.references()).toEqual([measurementOf(next)]);
    expect(await bench.launch(old)).toMatchObject({ state: "refused", code: "appraise.measurement" });
    expect(await bench.launch(next)).toMatchObject({
      state: "opened",
      decision: { by: "policy", pinnedBy: first.id, bootSet: { id: added.id } },
    });
  });

  test("goes by itself although the old one was retired before it ever came", async () => {
    const was = bench.add(old, "6.12.1");
    await bench.launch(old, "approve");
    bench.approve(bench.add());
    must(bench.retire(was));
    expect(bench.now().pins).toMatchObject([{ measurement: measurementOf(next) }]);
    expect(await bench.launch(next)).toMatchObject({ state: "opened", decision: { by: "policy" } });
  });

  test("on another chip asks a person, about the chip alone", async () => {
    await bench.launch(old, "approve");
    bench.approve(bench.add());
    const processor = await simulatedProcessor("Milan", { chipId: new Uint8Array(64).fill(0x77) });
    const guest = processor.launch({ hostData: digestOf(bench.vm), measurement: shown(next) });
    expect(await bench.launch(next, undefined, guest)).toMatchObject({
      state: "pending",
      because: { reason: "new", differences: [{ title: "Chip" }] },
    });
  });

  test("with an ID block goes by itself where its image id is the one of those files", async () => {
    const started = (set: Omit<BootSet, "measurement">, imageId: Uint8Array): SimulatedGuest =>
      bench.world.processor.launch({
        hostData: digestOf(bench.vm),
        measurement: shown(set),
        idKeyDigest: new Uint8Array(48).fill(7),
        imageId,
      });
    const image = (set: Omit<BootSet, "measurement">) => imageOf({ ...set, measurement: measurementOf(set) }, nodePrimitives);
    await bench.launch(old, "approve", started(old, image(old)));
    const added = bench.add();
    bench.approve(added);
    expect((await bench.launch(next, undefined, started(next, image(next)))).decision).toMatchObject({
      by: "policy",
      bootSet: { id: added.id },
    });
    const { because } = await bench.launch(next, undefined, started(next, image(kernel(9))));
    expect(because).toMatchObject({ reason: "new", differences: [{ title: "Image id" }] });
  });

  test("asks a person where no launch was approved yet, and under a rule that always asks", async () => {
    bench.approve(bench.add());
    expect(await bench.launch(next)).toMatchObject({ state: "pending", because: { reason: "first-launch" } });
    bench.vm = await bench.enrolled("manual", requiring(old));
    bench.approve(bench.add());
    expect(await bench.launch(next)).toMatchObject({ state: "pending", because: { reason: "always" } });
  });

  test("goes by policy where nobody is asked", async () => {
    bench.vm = await bench.enrolled("automatic", requiring(old));
    expect(await bench.launch(next)).toMatchObject({ state: "refused" });
    bench.approve(bench.add());
    const record = await bench.launch(next);
    expect(record).toMatchObject({ state: "opened", decision: { by: "policy" } });
    expect(record.decision).not.toHaveProperty("bootSet");
  });

  test("asks again after approvals were forgotten, those ahead included", async () => {
    await bench.launch(old, "approve");
    const added = bench.add();
    bench.approve(added);
    const forgotten = must(bench.world.manager.forgetApprovals(bench.vm.id));
    expect(forgotten).toMatchObject({ pins: [], bootSets: [{ id: added.id }] });
    expect(forgotten.bootSets[0]).not.toHaveProperty("approvedAt");
    await bench.launch(old, "approve");
    expect(await bench.launch(next)).toMatchObject({ state: "pending", because: { reason: "new" } });
    // The policy names it all the same; approved again, it needs no other version.
    expect(bench.approve(added).policyVersions).toEqual(forgotten.policyVersions);
    expect((await bench.launch(next)).state).toBe("opened");
  });

  test("is refused where the set is retired while the launch is under way", async () => {
    await bench.launch(old, "approve");
    const added = bench.add();
    bench.approve(added);
    bench.world.simulatedCollateral.holding = true;
    const connection = bench.world.connect(bench.vm, {
      guest: bench.world.processor.launch({ hostData: digestOf(bench.vm), measurement: shown(next) }),
    });
    await bench.world.run();
    must(bench.retire(added));
    bench.world.simulatedCollateral.letGo();
    await bench.world.run();
    expect(bench.world.launchOf(connection)).toMatchObject({ state: "refused", code: "release.policy-changed" });
  });

  test("of another policy is asked to try again, and nobody decides about it", async () => {
    const added = bench.add();
    const connection = bench.world.connect(bench.vm, {
      guest: bench.world.processor.launch({ hostData: digestOf(bench.vm), measurement: shown(old) }),
    });
    await bench.world.run();
    expect(bench.world.manager.pending()).toHaveLength(1);
    bench.approve(added);
    await bench.world.run();
    expect(bench.world.launchOf(connection)).toMatchObject({ state: "abandoned", code: "release.policy-changed" });
  });
});

test("a manager that starts again knows what was approved", async () => {
  await bench.launch(old, "approve");
  const added = bench.add();
  bench.approve(added);
  bench.world.crash();
  expect(bench.now().bootSets).toMatchObject([{ id: added.id, approvalReason: "tested on db-2" }]);
  expect((await bench.launch(next)).decision).toMatchObject({ by: "policy", bootSet: { id: added.id } });
  expect(toHex(shown(next))).toBe(measurementOf(next));
});
