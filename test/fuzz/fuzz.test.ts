// Does any input break a parser? What broke one before is tried first, then a short run; `npm run fuzz` goes on for as long as one likes.
// Also: does the fuzzing see each kind of fault, and are its inputs the same for the same seed?
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { examine, maximumRss } from "./batch.ts";
import { keepFinding, readFound, stillBroken } from "./found.ts";
import { inputOf, type Target } from "./target.ts";
import { targetNamed, targets } from "./targets.ts";
import { WatchedFuzzer } from "./watched.ts";

/** Always the same, so that a red test is about the change at hand; `npm run fuzz` takes a new one each time. */
const seed = 20261124;
const inputsPerTarget = 1_400;
const byName = targets.map((target) => [target.name, target] as const);

test("what broke a parser before breaks none now", async () => {
  const fuzzer = new WatchedFuzzer();
  expect(await stillBroken(readFound(), fuzzer)).toEqual([]);
  await fuzzer.close();
});

test.each(byName)("%s: every seed is examined without a fault, and one at least is taken", (_name, target) => {
  const outcomes = target.seeds.map((bytes) => examine(target, bytes));
  expect(outcomes.filter(({ what }) => what !== undefined)).toEqual([]);
  expect(outcomes.map(({ outcome }) => outcome)).toContain("parsed");
});

describe(`a short run, seed ${seed}`, () => {
  const fuzzer = new WatchedFuzzer();
  let inputs = 0;
  afterAll(async () => {
    await fuzzer.close();
    process.stdout.write(`fuzzed with ${inputs} inputs over ${targets.length} targets, seed ${seed}\n`);
  });

  test.each(byName)("%s", async (name) => {
    const result = await fuzzer.run({ target: name, seed, count: inputsPerTarget });
    inputs += result.inputs;
    expect(result.findings).toEqual([]);
    expect(result.inputs).toBe(inputsPerTarget);
    // Neither a run that refuses all, nor one that refuses nothing, would have looked deep.
    expect(result.outcomes["parsed"]).toBeGreaterThan(0);
    expect(Object.keys(result.outcomes).length).toBeGreaterThan(1);
  });
});

describe("the fuzzing itself", () => {
  test.each([
    ["planted-throw", "threw RangeError: planted"],
    ["planted-fault", "planted"],
    ["planted-slow", "slower than 250 ms"],
    ["planted-leak", "memory grew over the batch"],
    ["planted-hang", "hangs for 3000 ms"],
  ])("sees %s", async (target, what) => {
    // What is slow is tried four times, and a busy machine may need seconds for each.
    const fuzzer = new WatchedFuzzer(target === "planted-hang" ? 3_000 : 30_000);
    // At one broken input in eight, the leak needs some thousands to be more than an engine keeps; a slow one needs a few only.
    const leaks = target === "planted-leak";
    const { findings } = await fuzzer.run({ target, seed: 1, count: leaks ? 4_000 : 12 });
    await fuzzer.close();
    expect(findings).toMatchObject([{ target, seed: 1, what }]);
    if (!leaks) expect(inputOf(named(target), 1, findings[0]?.index ?? 0)[0]).toBeLessThan(32);
  });

  test("sees that the process takes more than it may", async () => {
    const fuzzer = new WatchedFuzzer();
    const { findings, rssPeak } = await fuzzer.run({ target: "json", seed: 1, count: 20, mostRss: 1_048_576 });
    await fuzzer.close();
    expect(findings).toMatchObject([{ target: "json", what: "took more than 1 MiB" }]);
    expect(rssPeak).toBeLessThan(maximumRss);
  });

  test("sees what a kept input still breaks, and a hang among them stops nobody", async () => {
    const fuzzer = new WatchedFuzzer(1_500);
    const input = Uint8Array.of(0);
    const found = ["planted-hang", "planted-fault"].map((target) => ({ file: `${target}.1.1.hex`, target, input }));
    expect(await stillBroken(found, fuzzer)).toEqual(["planted-hang.1.1.hex: hangs for 1500 ms", "planted-fault.1.1.hex: planted"]);
    await fuzzer.close();
  });

  test("the same seed makes the same inputs, another one others", () => {
    const made = (from: number): string[] => targets.map((target) => toHex(inputOf(target, from, 7)));
    expect(made(5)).toEqual(made(5));
    expect(made(5)).not.toEqual(made(6));
  });

  test("making inputs changes no seed", () => {
    const all = (): string[] => targets.flatMap(({ seeds }) => seeds.map(toHex));
    const before = all();
    for (const target of targets) for (let index = 0; index < 300; index++) inputOf(target, 3, index);
    expect(all()).toEqual(before);
  });

  test("a kept input is read again as it was", () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-fuzz-"));
    const finding = { target: "report", seed: 9, index: 4, what: "made up\n\u001b[31m" };
    expect(keepFinding(finding, folder)).toBe("report.9.4.hex");
    expect(readFound(folder)).toEqual([{ file: "report.9.4.hex", target: "report", input: inputOf(named("report"), 9, 4) }]);
    rmSync(folder, { recursive: true });
  });
});

function named(name: string): Target {
  const target = targetNamed(name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  return target;
}
