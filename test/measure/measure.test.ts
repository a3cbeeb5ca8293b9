// Does the measurement of published inputs come out as published, and does every input enter it?
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { parseFirmware } from "../../core/measure/firmware.ts";
import { commandLineHash, hashPage } from "../../core/measure/kernel-hashes.ts";
import { measureFirmware, measureLaunch, measureRest, type MeasureInput } from "../../core/measure/measure.ts";
import { vcpuSignature } from "../../core/measure/vcpu.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { needsVectors, vector, vectors } from "../kit/vectors.ts";
import { makeFirmware } from "./kit.ts";

interface Published {
  readonly ovmf: string;
  readonly vcpus: number;
  readonly vcpu: string;
  readonly vmm: "qemu";
  readonly guestFeatures: string;
  readonly kernel: string | null;
  readonly initrd?: string;
  readonly cmdline?: string;
  readonly digest: string;
}

const nothing = nodePrimitives.digest("sha256");
const base: MeasureInput = {
  firmware: makeFirmware(),
  boot: {
    kernel: nodePrimitives.digest("sha256", Uint8Array.of(1)),
    initrd: nothing,
    commandLine: commandLineHash("quiet", nodePrimitives),
  },
  vcpus: 2,
  vcpuSignature: 0x00a10f10,
  guestFeatures: 1n,
  vmm: "qemu",
  primitives: nodePrimitives,
};
const measured = (change: Partial<MeasureInput> = {}): string => toHex(must(measureLaunch({ ...base, ...change })));

describe("published digests", needsVectors(), () => {
  test("all of them", () => {
    const { cases } = JSON.parse(readFileSync(vectors("measurement", "expected.json"), "utf8")) as { readonly cases: readonly Published[] };
    expect(cases.length).toBeGreaterThanOrEqual(6);
    for (const { ovmf, vcpus, vcpu, vmm, guestFeatures, kernel, cmdline = "", digest } of cases) {
      const boot =
        kernel === null ? undefined : { kernel: nothing, initrd: nothing, commandLine: commandLineHash(cmdline, nodePrimitives) };
      const input = {
        firmware: vector("measurement", ovmf),
        boot,
        vcpus,
        guestFeatures: BigInt(guestFeatures),
        vmm,
        primitives: nodePrimitives,
      };
      expect(toHex(must(measureLaunch({ ...input, vcpuSignature: vcpuSignature(vcpu) ?? 0 })))).toBe(digest);
    }
  });

  test("the AmdSev fixture's sections are what its source says", () => {
    expect(must(parseFirmware(vector("measurement", "ovmf_AmdSev_suffix.bin")))).toEqual({
      size: 4096,
      resetEip: 0x0080_b004,
      hashTable: { base: 0x0081_0c00, size: 0x400 },
      sections: [
        { gpa: 0x80_0000, size: 0x9000, kind: "sec-mem" },
        { gpa: 0x80_a000, size: 0x3000, kind: "sec-mem" },
        { gpa: 0x80_d000, size: 0x1000, kind: "secrets" },
        { gpa: 0x80_e000, size: 0x1000, kind: "cpuid" },
        { gpa: 0x80_f000, size: 0x1000, kind: "svsm-caa" },
        { gpa: 0x81_0000, size: 0x1000, kind: "kernel-hashes" },
        { gpa: 0x81_1000, size: 0xf000, kind: "sec-mem" },
      ],
    });
  });
});

test("every input enters the measurement", () => {
  const other = nodePrimitives.digest("sha256", Uint8Array.of(2));
  const { boot } = base;
  if (boot === undefined) throw new Error("no hashes");
  const changed = base.firmware.slice();
  changed[0] = 0xff;
  const all = [
    measured(),
    measured({ vcpus: 1 }),
    measured({ vcpus: 3 }),
    measured({ vcpuSignature: 0x00a00f11 }),
    measured({ guestFeatures: 0x21n }),
    measured({ firmware: changed }),
    measured({ boot: { ...boot, kernel: other } }),
    measured({ boot: { ...boot, initrd: other } }),
    measured({ boot: { ...boot, commandLine: commandLineHash("quiet ", nodePrimitives) } }),
    measured({ boot: { ...boot, commandLine: commandLineHash("", nodePrimitives) } }),
    measured({ boot: undefined }),
    measured({ vmm: "gce" }),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test("the firmware's part is the same alone, so that it can be kept", () => {
  const firmware = must(parseFirmware(base.firmware));
  expect(toHex(must(measureRest(measureFirmware(base.firmware, base), firmware, base)))).toBe(measured());
});

test("the hash table stands where the firmware looks, and the rest of its page is empty", () => {
  const page = hashPage(base.boot ?? { kernel: nothing, initrd: nothing, commandLine: nothing }, 0xc00);
  expect(page.subarray(0, 0xc00).every((byte) => byte === 0)).toBe(true);
  expect(toHex(page.subarray(0xc00, 0xc12))).toBe("06d63894224fc94cb479a793d411fd21a800");
  expect(page.subarray(0xc00 + 168).every((byte) => byte === 0)).toBe(true);
});

describe("what cannot be measured is refused", () => {
  test.each<[string, Partial<MeasureInput>, string]>([
    ["no vCPU", { vcpus: 0 }, "measure.vcpus"],
    ["half a vCPU", { vcpus: 1.5 }, "measure.vcpus"],
    ["too many vCPUs", { vcpus: 4097 }, "measure.vcpus"],
    ["a kernel without a place for its hash", { firmware: makeFirmware({ hashTable: false }) }, "measure.firmware-no-hashes"],
    ["a kernel without a section that measures the hash", { firmware: makeFirmware({ hashSection: false }) }, "measure.firmware-no-hashes"],
    ["further vCPUs without a place to start", { firmware: makeFirmware({ resetEip: false }) }, "measure.firmware-one-vcpu"],
    ["an unknown section", { firmware: makeFirmware({ unknownSection: true }) }, "measure.firmware-section-unknown"],
    ["a firmware without metadata", { firmware: makeFirmware({ metadata: false }) }, "measure.firmware-not-snp"],
    ["overlapping sections", { firmware: makeFirmware({ overlap: true }) }, "measure.firmware-malformed"],
    ["a section count beyond reason", { firmware: makeFirmware({ count: 0xffff_ffff }) }, "measure.firmware-malformed"],
    ["metadata of another version", { firmware: makeFirmware({ version: 2 }) }, "measure.firmware-metadata-version"],
    ["a table that is longer than the file", { firmware: makeFirmware({ tableSize: 0xffff }) }, "measure.firmware-malformed"],
    ["a table without entries", { firmware: makeFirmware({ tableSize: 4 }) }, "measure.firmware-malformed"],
    ["two entries of one kind", { firmware: makeFirmware({ twice: true }) }, "measure.firmware-malformed"],
    ["GUIDs in the order in which they are read", { firmware: makeFirmware({ writtenGuids: true }) }, "measure.firmware-guid-order"],
    ["a variable store", { firmware: new Uint8Array(8192).fill(0xff) }, "measure.firmware-no-table"],
    ["an empty file", { firmware: new Uint8Array(0) }, "measure.firmware-malformed"],
    ["a file that was cut off", { firmware: makeFirmware().slice(1) }, "measure.firmware-malformed"],
  ])("%s", (_, change, code) => {
    expect(measureLaunch({ ...base, ...change })).toMatchObject({ ok: false, failure: { code } });
  });

  test("whatever bytes stand at the end: read or refused, never a throw, and never a section outside of memory", () => {
    const good = makeFirmware();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = good.slice();
        for (const [back, value] of changes) bytes[bytes.length - 1 - back] = value;
        const read = parseFirmware(bytes);
        if (read.ok) for (const { gpa, size } of read.value.sections) expect(gpa + size).toBeLessThanOrEqual(2 ** 32 - bytes.length);
        else expect(read.failure.code).toMatch(/^measure\./);
      }),
      { numRuns: 3_000 },
    );
  });
});

test("a vCPU model has the signature of its name, with or without a version", () => {
  expect(["EPYC", "EPYC-v4", "EPYC-IBPB", "EPYC-Rome-v3", "EPYC-Milan-v2", "EPYC-Genoa", "EPYC-Turin"].map(vcpuSignature)).toEqual([
    0x00800f12, 0x00800f12, 0x00800f12, 0x00830f10, 0x00a00f11, 0x00a10f10, 0x00b00f00,
  ]);
  expect(["host", "EPYC-", "epyc", "Skylake-Server"].map(vcpuSignature)).toEqual([undefined, undefined, undefined, undefined]);
});
