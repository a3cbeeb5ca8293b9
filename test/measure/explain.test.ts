// Is the one input that differs found and named, whatever it is? Firmware of its real size; files enter as digests, so that nothing is read again.
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import type { Primitives } from "../../core/base/crypto.ts";
import { must } from "../../core/base/result.ts";
import { type BootFile, type MeasuredFirmware, measureFirmwareFile } from "../../core/measure/boot-set.ts";
import { type Explanation, explainMeasurement, explanationSentence, type Pace } from "../../core/measure/explain.ts";
import type { ExplainInput, Launched } from "../../core/measure/explain-input.ts";
import { commandLineHash } from "../../core/measure/kernel-hashes.ts";
import { measureLaunch, type MeasureInput } from "../../core/measure/measure.ts";
import { commandLineSlips } from "../../core/measure/slips.ts";
import { hostSignature, likelySignatures } from "../../core/measure/vcpu.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "./kit.ts";

const size = 4 * 2 ** 20;
const firmware = makeFirmware({ size });
const another = makeFirmware({ size });
another[12_345] = 0x55;
const hash = (text: number): Uint8Array => nodePrimitives.digest("sha256", Uint8Array.of(text));
const file = (name: string, text: number): BootFile => ({ name, sha256: toHex(hash(text)), bytes: 9_000_000 });
const measured = (name: string, bytes: Uint8Array): MeasuredFirmware => must(measureFirmwareFile(name, bytes, nodePrimitives));
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

const believed: Launched = {
  firmware: measured("OVMF 2025.02", firmware),
  direct: { kernel: file("6.12.9", 1), initrd: file("initrd-6.12.9", 2), commandLine: line },
  vcpus: 2,
  vcpuModel: "EPYC-Genoa",
  vcpuSignature: 0x00a10f10,
  guestFeatures: "0x1",
  vmm: "qemu",
};
const { direct: _direct, ...withoutHashes } = believed;
const old: Launched = {
  ...believed,
  direct: { kernel: file("6.1.0", 31), initrd: file("initrd-6.1.0", 32), commandLine: "root=/dev/vda1" },
  vcpus: 4,
  guestFeatures: "0x21",
};
const input: Omit<ExplainInput, "measurement"> = {
  believed,
  known: {
    firmware: [measured("OVMF 2025.05", another)],
    kernels: [file("6.12.9", 1), file("6.12.8", 11)],
    initrds: [file("initrd-6.12.9", 2), file("initrd-6.12.8", 22)],
    commandLines: [line, "console=hvc0"],
    sets: [{ label: "before the update", set: old }],
  },
  primitives: nodePrimitives,
};
const patient: Pace = { more: () => true, pause: () => Promise.resolve() };

async function explain(really: Partial<MeasureInput>, different: Partial<ExplainInput> = {}, pace: Pace = patient): Promise<Explanation> {
  const measurement = must(measureLaunch({ ...truth, ...really }));
  return must(await explainMeasurement({ ...input, ...different, measurement }, pace));
}
const withHash = (commandLine: Uint8Array): Partial<MeasureInput> => ({ boot: { ...boot, commandLine } });
const withLine = (text: string): Partial<MeasureInput> => withHash(commandLineHash(text, nodePrimitives));

describe("a single slip is named, with few variants", () => {
  test.each<[string, Partial<MeasureInput>, readonly string[]]>([
    ["none", {}, []],
    ["the number of vCPUs", { vcpus: 4 }, ["vCPUs = 4"]],
    ["an unusual number of vCPUs", { vcpus: 383 }, ["vCPUs = 383"]],
    ["the vCPU model", { vcpuSignature: 0x00830f10 }, ["vCPU model = EPYC-Rome"]],
    [
      "a model whose signature the silicon has as well",
      { vcpuSignature: 0x00a00f11 },
      ["vCPU model = EPYC-Milan or host (0x00a00f11, Milan)"],
    ],
    ["-cpu host on Genoa", { vcpuSignature: 0x00a10f11 }, ["vCPU model = host (0x00a10f11, Genoa)"]],
    ["-cpu host on Turin", { vcpuSignature: 0x00b00f21 }, ["vCPU model = host (0x00b00f21, Turin)"]],
    ["guest features of an older kernel", { guestFeatures: 0x21n }, ["guest features = 0x21 (DebugSwap)"]],
    ["guest features that are rare", { guestFeatures: 0x8281n }, ["guest features = 0x8281 (BTBIsolation, SecureTSC, SmtProtection)"]],
    ["another VMM", { vmm: "gce" }, ["VMM = gce"]],
    ["another firmware", { firmware: another }, ["firmware = OVMF 2025.05"]],
    ["another kernel", { boot: { ...boot, kernel: hash(11) } }, ["kernel = 6.12.8"]],
    ["another initrd", { boot: { ...boot, initrd: hash(22) } }, ["initrd = initrd-6.12.8"]],
    ["no initrd", { boot: { ...boot, initrd: nodePrimitives.digest("sha256") } }, ["no initrd"]],
    ["another command line of this VM", withLine("console=hvc0"), ['command line = "console=hvc0"']],
    [
      "another command line of this VM, and a slip in it",
      withLine("console=hvc0 "),
      ['command line = "console=hvc0" with a space at its end'],
    ],
    ["a space at the end", withLine(`${line} `), ["the command line with a space at its end"]],
    ["a line feed at the end", withLine(`${line}\n`), ["the command line with a line feed at its end"]],
    ["a second NUL", withLine(`${line}\0`), ["the command line with its NUL twice"]],
    ["no NUL", withHash(nodePrimitives.digest("sha256", Buffer.from(line))), ["the command line without its NUL"]],
    ["an empty command line", withLine(""), ["the command line is empty"]],
    ["a word that is missing", withLine("console=ttyS0 root=/dev/mapper/root"), ['the command line without "quiet"']],
    ["hashes that are off", { boot: undefined }, ["kernel-hashes = off"]],
    [
      "an earlier launch as a whole",
      {
        boot: { kernel: hash(31), initrd: hash(32), commandLine: commandLineHash("root=/dev/vda1", nodePrimitives) },
        vcpus: 4,
        guestFeatures: 0x21n,
      },
      ['boot set = "before the update"'],
    ],
  ])("%s", async (_name, really, differences) => {
    const found = await explain(really);
    expect(found).toMatchObject({ found: true, differences });
    expect(found.tried).toBeLessThan(300_000);
  });
});

describe("two slips at once are named, both", () => {
  test.each<[string, Partial<MeasureInput>, readonly string[]]>([
    ["vCPUs and features", { vcpus: 8, guestFeatures: 0x21n }, ["guest features = 0x21 (DebugSwap)", "vCPUs = 8"]],
    ["kernel and initrd", { boot: { ...boot, kernel: hash(11), initrd: hash(22) } }, ["kernel = 6.12.8", "initrd = initrd-6.12.8"]],
    [
      "an earlier launch, and the vCPU model",
      {
        boot: { kernel: hash(31), initrd: hash(32), commandLine: commandLineHash("root=/dev/vda1", nodePrimitives) },
        vcpus: 4,
        guestFeatures: 0x21n,
        vcpuSignature: 0x00a10f12,
      },
      ['boot set = "before the update"', "vCPU model = host (0x00a10f12, Genoa-X)"],
    ],
    [
      "an earlier launch, with the guest features of today",
      { boot: { kernel: hash(31), initrd: hash(32), commandLine: commandLineHash("root=/dev/vda1", nodePrimitives) }, vcpus: 4 },
      ['boot set = "before the update"', "guest features = 0x1"],
    ],
  ])("%s", async (_name, really, differences) => {
    expect(await explain(really)).toMatchObject({ found: true, differences });
  });
});

describe("hashes that are believed to be off", () => {
  const off = { believed: withoutHashes };

  test("and are: no difference", async () => {
    expect(await explain({ boot: undefined }, off)).toMatchObject({ found: true, differences: [] });
  });

  test("and are on, with known files", async () => {
    const on = `kernel-hashes = on, with kernel 6.12.9, initrd initrd-6.12.9 and command line ${JSON.stringify(line)}`;
    expect(await explain({}, off)).toMatchObject({ found: true, differences: [on] });
    const other = { boot: { ...boot, initrd: hash(22) } };
    expect(await explain(other, off)).toMatchObject({ found: true, differences: [on, "initrd = initrd-6.12.8"] });
  });

  test("with no file known at all", async () => {
    const known = { firmware: [], kernels: [], initrds: [], commandLines: [], sets: [] };
    expect(await explain({}, { ...off, known })).toMatchObject({ found: false, complete: true });
    expect(await explain({ boot: undefined, vcpus: 3 }, { ...off, known })).toMatchObject({ found: true, differences: ["vCPUs = 3"] });
  });
});

test("the processor that made the report says what -cpu host was", async () => {
  const reportedSignature = hostSignature({ family: 0x19, model: 0x18, stepping: 3 });
  expect(reportedSignature).toBe(0x00a10f83);
  const found = await explain({ vcpuSignature: reportedSignature }, { reportedSignature });
  expect(found).toMatchObject({ differences: ["vCPU model = host (0x00a10f83, the processor that made the report)"] });
  expect(await explain({ vcpuSignature: reportedSignature })).toMatchObject({ found: false });
});

test("a known signature is likely once, whatever its names", () => {
  const signatures = likelySignatures().map(([signature]) => signature);
  expect(new Set(signatures).size).toBe(signatures.length);
  expect(signatures).toEqual(expect.arrayContaining([0x00800f12, 0x00b00f00, 0x00a10f11, 0x00b00f21]));
});

test("namesakes are told apart by their digests", async () => {
  const known = { ...input.known, kernels: [file("vmlinuz", 1), file("vmlinuz", 11), file("vmlinuz", 12)] };
  const different = { known, believed: { ...believed, direct: { kernel: file("vmlinuz", 1), commandLine: line } } };
  const really = { boot: { ...boot, kernel: hash(12), initrd: nodePrimitives.digest("sha256") } };
  const name = `kernel = vmlinuz (SHA-256 ${toHex(hash(12)).slice(0, 12)}…)`;
  expect(await explain(really, different)).toMatchObject({ found: true, differences: [name] });
});

test("a firmware without a place for hashes, and one with one place to start, are tried as what they can be", async () => {
  const plain = makeFirmware({ hashTable: false, resetEip: false });
  const known = { ...input.known, firmware: [measured("plain", plain)] };
  const found = await explain({ firmware: plain, boot: undefined, vcpus: 1 }, { known });
  expect(found).toMatchObject({ differences: ["firmware = plain", "kernel-hashes = off", "vCPUs = 1"] });
});

test("nothing that was thought of: it says so, and of how many", async () => {
  const found = await explain({ boot: { ...boot, kernel: hash(99), initrd: hash(98) } });
  expect(found).toMatchObject({ found: false, complete: true });
  expect(found.tried).toBeGreaterThan(100_000);
  expect(explanationSentence(found)).toMatch(/^None of \d{1,3},\d{3},?\d* variants matches/);
});

test("without time for more it stops, and says that it is not through", async () => {
  let [batches, pauses, last] = [0, 0, 0];
  const found = await explain(
    { vcpus: 2_000 },
    {},
    {
      more: () => ++batches < 3,
      pause: () => Promise.resolve(void pauses++),
      progress: (tried, share) => {
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThan(1);
        expect(tried).toBeGreaterThan(last);
        last = tried;
      },
    },
  );
  expect(found).toMatchObject({ found: false, complete: false, tried: last });
  expect(pauses).toBe(3);
  expect(explanationSentence(found)).toContain("that there was time for");
});

test("its host gets a breath every few thousand variants, whatever it does not find", async () => {
  let [pauses, tried] = [0, 0];
  const pace = { ...patient, pause: () => Promise.resolve(void pauses++), progress: (now: number) => void (tried = now) };
  await explain({ vcpus: 2_000 }, {}, pace);
  expect(tried / pauses).toBeLessThan(10_000);
});

test("of as many boot sets as a VM may have, it is heard within the first batches, and stops when it is told to", async () => {
  const many = Array.from(
    { length: 64 },
    (_, index): Launched => ({
      ...old,
      direct: {
        kernel: file(`k${index}`, 100 + index),
        initrd: file(`i${index}`, 180 + index),
        commandLine: `${"word ".repeat(800)}${index}`,
      },
    }),
  );
  const direct = many.flatMap((set) => set.direct ?? []);
  const known = {
    firmware: [believed.firmware],
    kernels: direct.map(({ kernel }) => kernel),
    initrds: direct.flatMap(({ initrd }) => initrd ?? []),
    commandLines: direct.map(({ commandLine }) => commandLine),
    sets: many.map((set, index) => ({ label: `${index}`, set })),
  };
  let batches = 0;
  const found = await explain({ vcpus: 2_000 }, { known }, { ...patient, more: () => ++batches < 20 });
  expect(found).toMatchObject({ found: false, complete: false });
  expect(found.tried).toBeLessThan(20 * 10_000);
});

test("whatever is searched, nothing larger than a page is hashed: files are digests, made once", async () => {
  let largest = 0;
  const primitives: Primitives = {
    ...nodePrimitives,
    digest(name, ...parts) {
      largest = Math.max(largest, ...parts.map(({ length }) => length));
      return nodePrimitives.digest(name, ...parts);
    },
  };
  expect(await explain({ vcpus: 2_000 }, { primitives })).toMatchObject({ found: false, complete: true });
  expect(largest).toBe(4096);
});

describe("an input that is damaged is refused, not passed over", () => {
  test.each<[string, Partial<ExplainInput>, string]>([
    ["a launch digest", { believed: { ...believed, firmware: { ...believed.firmware, launchDigest: "00" } } }, "measure.boot-set"],
    ["another firmware's", { known: { ...input.known, firmware: [{ ...believed.firmware, launchDigest: "x" }] } }, "measure.boot-set"],
    ["a kernel's digest", { known: { ...input.known, kernels: [{ ...file("k", 1), sha256: "0" }] } }, "measure.boot-set"],
    ["guest features", { believed: { ...believed, guestFeatures: "1" } }, "measure.boot-set"],
    ["a set", { known: { ...input.known, sets: [{ label: "x", set: { ...old, guestFeatures: "" } }] } }, "measure.boot-set"],
    ["a command line", { known: { ...input.known, commandLines: ["a\0b"] } }, "measure.command-line"],
  ])("%s", async (_name, different, code) => {
    const refused = await explainMeasurement({ ...input, ...different, measurement: new Uint8Array(48) }, patient);
    expect(refused).toMatchObject({ ok: false, failure: { code } });
  });
});

test("the sentence", () => {
  const sentence = (differences: readonly string[]): string => explanationSentence({ found: true, differences, tried: 9 });
  expect(sentence([])).toBe("It matches as it is.");
  expect(sentence(["vCPUs = 4"])).toBe("It matches if vCPUs = 4.");
  expect(sentence(["kernel = a", "vCPUs = 4"])).toBe("It matches if kernel = a and vCPUs = 4.");
  expect(explanationSentence({ found: false, tried: 3120, complete: true })).toContain("None of 3,120 variants");
  expect(explanationSentence({ found: false, tried: 1_000_000, complete: false })).toContain("None of 1,000,000 variants");
});

test("slips of a command line are distinct, and none is the line itself", () => {
  const hashed = commandLineSlips([line, line, "other"]).map((slip) => toHex(slip.hashed));
  expect(new Set(hashed).size).toBe(hashed.length);
  expect(hashed).not.toContain(toHex(Buffer.from(`${line}\0`)));
});
