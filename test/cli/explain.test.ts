// Does `portcullis measure explain` find each slip with files of real size, and does it read each file once? Real processes: firmware of 4 MiB, an initrd of
// 60 MiB. How long it takes is the bench's (npm run bench -- --only measure); that it needs few variants is asserted here.
import { spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { commandLineHash } from "../../core/measure/kernel-hashes.ts";
import { measureLaunch, type MeasureInput } from "../../core/measure/measure.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { encodeReport } from "../../core/snp/report-encode.ts";
import { makeFirmware } from "../measure/kit.ts";
import { needsFile } from "../kit/needs.ts";
import { portcullis } from "./kit.ts";

const MiB = 2 ** 20;
let folder = "";
const file = (name: string): string => join(folder, name);
const line = "console=ttyS0 root=/dev/mapper/root quiet";
const firmware = makeFirmware({ size: 4 * MiB });
const oldFirmware = makeFirmware({ size: 4 * MiB });
oldFirmware[123] = 0x55;
const contents = {
  "new.fd": firmware,
  "old.fd": oldFirmware,
  "vmlinuz-new": randomFillSync(new Uint8Array(12 * MiB)),
  "vmlinuz-old": new Uint8Array(11 * MiB),
  "initrd-new": randomFillSync(new Uint8Array(60 * MiB)),
  "initrd-old": new Uint8Array(MiB),
};
const sha256 = (name: keyof typeof contents): Uint8Array => nodePrimitives.digest("sha256", contents[name]);
const withLine = (text: string) => commandLineHash(text, nodePrimitives);

const hashes = { kernel: sha256("vmlinuz-new"), initrd: sha256("initrd-new"), commandLine: withLine(line) };
const truth: MeasureInput = {
  firmware,
  boot: hashes,
  vcpus: 2,
  vcpuSignature: 0x00a10f10,
  guestFeatures: 1n,
  vmm: "qemu",
  primitives: nodePrimitives,
};
const measurementOf = (really: Partial<MeasureInput>): Uint8Array => must(measureLaunch({ ...truth, ...really }));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-explain-"));
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(file(name), bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

const known = (option: string, ...names: readonly string[]): readonly string[] => names.flatMap((name) => [option, file(name)]);
const believed = (...machine: readonly string[]): readonly string[] => [
  ...known("--ovmf", "new.fd", "old.fd"),
  ...known("--kernel", "vmlinuz-new", "vmlinuz-old"),
  ...known("--initrd", "initrd-new", "initrd-old"),
  "--append",
  line,
  "--append",
  "console=hvc0",
  ...(machine.length === 0 ? ["--vcpus", "2", "--vcpu-type", "EPYC-Genoa"] : machine),
];
const explain = (measurement: Uint8Array, ...more: readonly string[]) =>
  portcullis("measure", "explain", "--measurement", toHex(measurement), ...(more.length === 0 ? believed() : more));

describe("a single slip", () => {
  test.each<[string, Partial<MeasureInput>, string]>([
    ["none", {}, "It matches as it is."],
    ["the number of vCPUs", { vcpus: 4 }, "vCPUs = 4"],
    ["very many vCPUs", { vcpus: 384 }, "vCPUs = 384"],
    ["the vCPU model", { vcpuSignature: 0x00830f10 }, "vCPU model = EPYC-Rome"],
    ["-cpu host", { vcpuSignature: 0x00b00f21 }, "vCPU model = host (0x00b00f21, Turin)"],
    ["guest features", { guestFeatures: 0x21n }, "guest features = 0x21 (DebugSwap)"],
    ["the firmware", { firmware: oldFirmware }, "firmware = old.fd"],
    ["the kernel", { boot: { ...hashes, kernel: sha256("vmlinuz-old") } }, "kernel = vmlinuz-old"],
    ["the initrd", { boot: { ...hashes, initrd: sha256("initrd-old") } }, "initrd = initrd-old"],
    ["the command line", { boot: { ...hashes, commandLine: withLine("console=hvc0") } }, 'command line = "console=hvc0"'],
    ["a space at its end", { boot: { ...hashes, commandLine: withLine(`${line} `) } }, "the command line with a space at its end"],
    ["a second NUL", { boot: { ...hashes, commandLine: withLine(`${line}\0`) } }, "the command line with its NUL twice"],
    [
      "a word less",
      { boot: { ...hashes, commandLine: withLine("console=ttyS0 root=/dev/mapper/root") } },
      'the command line without "quiet"',
    ],
    ["hashes off", { boot: undefined }, "kernel-hashes = off"],
    ["no initrd", { boot: { ...hashes, initrd: nodePrimitives.digest("sha256") } }, "no initrd"],
  ])("%s", async (_, really, difference) => {
    const { code, json } = await explain(measurementOf(really));
    const answer = json() as { readonly sentence: string; readonly tried: number; readonly differences: readonly string[] };
    expect([code, answer]).toMatchObject([0, { found: true, complete: true }]);
    expect(answer.sentence.replace(`${folder}/`, "")).toContain(difference);
    expect(answer.differences.length).toBeLessThanOrEqual(1);
    expect(answer.tried).toBeLessThan(300_000);
  });
});

test("a report as it came, and two slips", async () => {
  const report = encodeReport({
    cpuid: { family: 0x19, model: 0x18, stepping: 3 },
    measurement: measurementOf({ vcpus: 7, vcpuSignature: 0x00a10f83 }),
  });
  writeFileSync(file("report.bin"), report);
  const { code, json } = await portcullis("measure", "explain", "--report", file("report.bin"), ...believed());
  const differences = ["vCPU model = host (0x00a10f83, the processor that made the report)", "vCPUs = 7"];
  expect([code, json()]).toMatchObject([0, { differences, files: { length: 6 } }]);
});

test("hashes that were believed to be off, and were not", async () => {
  const machine = ["--no-kernel-hashes", "--vcpus", "2", "--vcpu-type", "EPYC-Genoa"];
  const { code, json } = await explain(measurementOf({}), ...believed(...machine));
  expect([code, json()]).toMatchObject([
    0,
    { found: true, differences: { length: 1 }, sentence: expect.stringContaining("kernel-hashes = on") as string },
  ]);
});

test("the first of each list is believed, also where a file is in two of them", async () => {
  const boot = { kernel: sha256("vmlinuz-old"), initrd: sha256("initrd-old"), commandLine: withLine("") };
  const words = [
    "--ovmf",
    file("new.fd"),
    ...known("--kernel", "vmlinuz-old", "vmlinuz-new"),
    ...known("--initrd", "initrd-old", "vmlinuz-old"),
  ];
  const { code, json } = await explain(measurementOf({ boot }), ...words, "--vcpus", "2", "--vcpu-type", "EPYC-Genoa");
  expect([code, json()]).toMatchObject([0, { sentence: "It matches as it is." }]);
});

test("nothing that is known: exit 1, and of how many", async () => {
  const { code, json } = await explain(measurementOf({ vcpus: 3_000 }));
  expect([code, json()]).toMatchObject([1, { found: false, complete: true, sentence: expect.stringContaining("None of ") as string }]);
});

test("without time it says that it is not through", async () => {
  const { code, json } = await explain(measurementOf({ vcpus: 3_000 }), ...believed(), "--seconds", "0.01");
  expect([code, json()]).toMatchObject([1, { found: false, complete: false }]);
});

describe("each file is read once", needsFile("/proc/self/io", "a Linux kernel"), () => {
  test("whatever is tried", () => {
    const counted = `data:text/javascript,${encodeURIComponent(
      'import{readFileSync}from"node:fs";process.on("exit",()=>process.stderr.write(readFileSync("/proc/self/io","utf8")))',
    )}`;
    const program = join(import.meta.dirname, "../../core/cli/main.ts");
    const words = ["measure", "explain", "--measurement", "00".repeat(48), ...believed()];
    const { stderr, status } = spawnSync(process.execPath, ["--import", counted, program, ...words], { encoding: "utf8" });
    const read = Number(/rchar: (\d+)/.exec(stderr)?.[1]);
    const files = Object.values(contents).reduce((sum, { length }) => sum + length, 0);
    expect(status).toBe(1);
    expect(read).toBeGreaterThanOrEqual(files);
    // The program itself is some megabytes: less than the initrd a second time.
    expect(read).toBeLessThan(files + 50 * MiB);
  });
});

describe("what cannot be used is refused with exit 2", () => {
  test.each<[string, readonly string[], string]>([
    ["neither report nor measurement", [], "cli.usage"],
    ["both", ["--report", "initrd-old", "--measurement", "00".repeat(48)], "cli.usage"],
    ["a measurement of another length", ["--measurement", "00".repeat(47)], "cli.usage"],
    ["a report that is none", ["--report", "initrd-old"], "snp.report-length"],
    ["no time", ["--measurement", "00".repeat(48), "--seconds", "0"], "cli.usage"],
    ["an initrd without a kernel", ["--measurement", "00".repeat(48), "--initrd", "initrd-old"], "cli.usage"],
    ["a firmware that is none", ["--measurement", "00".repeat(48), "--ovmf", "initrd-old"], "measure.firmware-no-table"],
    ["half a vCPU", ["--measurement", "00".repeat(48), "--vcpus", "0.5"], "measure.vcpus"],
    ["a VMM whose facts are not sure", ["--measurement", "00".repeat(48), "--vmm", "ec2"], "measure.vmm-uncertain"],
  ])("%s", async (_, words, code) => {
    const inFolder = words.map((word) => (Object.hasOwn(contents, word) ? file(word) : word));
    const usual = ["--ovmf", file("new.fd"), "--vcpus", "2", "--vcpu-type", "EPYC-Genoa"];
    const answer = await portcullis("measure", "explain", ...usual, ...inFolder);
    expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
  });
});
