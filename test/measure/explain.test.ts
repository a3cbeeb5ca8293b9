// Is the one input that differs found, named, and found in time? Real sizes: firmware of 4 MiB; the digest of the initrd is an input, so it is made once.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { explainMeasurement, type ExplainInput, type Explanation } from "../../core/measure/explain.ts";
import { commandLineHash } from "../../core/measure/kernel-hashes.ts";
import { measureLaunch, type MeasureInput } from "../../core/measure/measure.ts";
import { commandLineSlips } from "../../core/measure/slips.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "./kit.ts";

const size = 4 * 2 ** 20;
const firmware = makeFirmware({ size });
const another = makeFirmware({ size, resetEip: true });
another[12_345] = 0x55;
const hash = (text: number): Uint8Array => nodePrimitives.digest("sha256", Uint8Array.of(text));
const line = "console=ttyS0 root=/dev/mapper/root quiet";

const truth: MeasureInput = {
  firmware,
  boot: { kernel: hash(1), initrd: hash(2), commandLine: commandLineHash(line, nodePrimitives) },
  vcpus: 2,
  vcpuSignature: 0x00a10f10,
  guestFeatures: 1n,
  vmm: "qemu",
  primitives: nodePrimitives,
};
const { boot } = truth;
if (boot === undefined) throw new Error("no hashes");

const believed: Omit<ExplainInput, "measurement"> = {
  firmware: [
    { name: "OVMF 2025.02", value: firmware },
    { name: "OVMF 2025.05", value: another },
  ],
  boot: {
    kernels: [
      { name: "6.12.9", value: hash(1) },
      { name: "6.12.8", value: hash(11) },
    ],
    initrds: [
      { name: "initrd-6.12.9", value: hash(2) },
      { name: "initrd-6.12.8", value: hash(22) },
    ],
    commandLines: [line, "console=hvc0"],
  },
  vcpus: 2,
  vcpuSignature: 0x00a10f10,
  guestFeatures: 1n,
  vmm: "qemu",
  primitives: nodePrimitives,
  more: () => true,
};

function explain(really: Partial<MeasureInput>, different: Partial<ExplainInput> = {}): Explanation {
  return must(explainMeasurement({ ...believed, ...different, measurement: must(measureLaunch({ ...truth, ...really })) }));
}
const withLine = (text: string): Partial<MeasureInput> => ({ boot: { ...boot, commandLine: commandLineHash(text, nodePrimitives) } });

describe("a single slip is named", () => {
  test.each<[string, Partial<MeasureInput>, readonly string[]]>([
    ["none", {}, []],
    ["the number of vCPUs", { vcpus: 4 }, ["vCPUs = 4"]],
    ["a large number of vCPUs", { vcpus: 64 }, ["vCPUs = 64"]],
    ["the vCPU model", { vcpuSignature: 0x00a00f11 }, ["vCPU model = EPYC-Milan"]],
    ["guest features of an older kernel", { guestFeatures: 0x21n }, ["guest features = 0x21"]],
    ["another firmware", { firmware: another }, ["firmware = OVMF 2025.05"]],
    ["another kernel", { boot: { ...boot, kernel: hash(11) } }, ["kernel = 6.12.8"]],
    ["another initrd", { boot: { ...boot, initrd: hash(22) } }, ["initrd = initrd-6.12.8"]],
    ["another command line of this VM", withLine("console=hvc0"), ['command line = "console=hvc0"']],
    ["a space at the end", withLine(`${line} `), ["the command line with a space at its end"]],
    ["a line feed at the end", withLine(`${line}\n`), ["the command line with a line feed at its end"]],
    ["a second NUL", withLine(`${line}\0`), ["the command line with its NUL twice"]],
    ["an empty command line", withLine(""), ["the command line is empty"]],
    ["a word that is missing", withLine("console=ttyS0 root=/dev/mapper/root"), ['the command line without "quiet"']],
    ["hashes that are off", { boot: undefined }, ["kernel-hashes = off"]],
  ])("%s", (_, really, differences) => {
    expect(explain(really)).toMatchObject({ found: true, differences });
  });
});

test("two slips at once are named, both", () => {
  const found = explain({ vcpus: 8, guestFeatures: 0x21n });
  expect(found).toMatchObject({ found: true, differences: ["vCPUs = 8", "guest features = 0x21"] });
});

test("nothing that was thought of: it says so, and of how many", () => {
  const found = explain({ boot: { ...boot, kernel: hash(99), initrd: hash(98) } });
  expect(found).toMatchObject({ found: false, complete: true });
  expect(found.tried).toBeGreaterThan(1_000);
});

test("without time for more it stops, and says that it is not through", () => {
  let batches = 0;
  const found = explain({ boot: { ...boot, kernel: hash(99) }, vcpus: 200 }, { more: () => ++batches < 3 });
  expect(found).toMatchObject({ found: false, complete: false });
  expect(found.tried).toBeLessThan(200);
});

test("a firmware that cannot be read is refused, not passed over", () => {
  const measurement = new Uint8Array(48);
  const none = { ...believed, firmware: [{ name: "x", value: new Uint8Array(4096) }] as const, measurement };
  expect(explainMeasurement(none)).toMatchObject({ ok: false, failure: { code: "measure.firmware-no-table" } });
});

test("slips of a command line are distinct, and none is the line itself", () => {
  const texts = commandLineSlips([line, line, "other"]).map(({ text }) => text);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts).not.toContain(line);
});
