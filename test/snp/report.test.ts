// Does the report parser read real reports as published, and refuse everything that is not exactly a report?
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex, viewOf } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { encodeReport } from "../../core/snp/report-encode.ts";
import { firmwareText, parseReport } from "../../core/snp/report.ts";
import type { ReportVersion } from "../../core/snp/report.ts";
import { needsVectors, missingVectors, vector, vectors } from "../kit/vectors.ts";

interface Expected {
  readonly name: string;
  readonly fields: Readonly<Record<string, string | number>>;
}
const expected: Expected[] = missingVectors() ? [] : (JSON.parse(readFileSync(vectors("reports", "expected.json"), "utf8")) as Expected[]);

describe("real reports", needsVectors(), () => {
  test.each(expected)("$name", ({ name, fields }) => {
    const bytes = vector("reports", `${name}.report.bin`);
    const report = must(parseReport(bytes));
    const { cpuid, launchMitVector = 0n, currentMitVector = 0n } = report;
    expect({
      version: report.version,
      guestSvn: report.guestSvn,
      policy: `0x${report.policy.raw.toString(16)}`,
      familyId: toHex(report.familyId),
      imageId: toHex(report.imageId),
      vmpl: report.vmpl,
      signatureAlgo: 1,
      currentTcb: toHex(report.currentTcb),
      platformInfo: `0x${report.platformInfo.raw.toString(16)}`,
      flags: `0x${((report.authorKeyEn ? 1 : 0) | (report.maskChipKey ? 2 : 0) | (report.signingKey === "vlek" ? 4 : 0)).toString(16)}`,
      reportData: toHex(report.reportData),
      measurement: toHex(report.measurement),
      hostData: toHex(report.hostData),
      idKeyDigest: toHex(report.idKeyDigest),
      authorKeyDigest: toHex(report.authorKeyDigest),
      reportId: toHex(report.reportId),
      reportIdMa: toHex(report.reportIdMa),
      reportedTcb: toHex(report.reportedTcb),
      cpuid: cpuid === undefined ? "000000" : toHex(Uint8Array.of(cpuid.family, cpuid.model, cpuid.stepping)),
      chipId: toHex(report.chipId),
      committedTcb: toHex(report.committedTcb),
      currentVersion: firmwareText(report.currentVersion),
      committedVersion: firmwareText(report.committedVersion),
      launchTcb: toHex(report.launchTcb),
      launchMitVector: littleEndian(launchMitVector),
      currentMitVector: littleEndian(currentMitVector),
    }).toEqual(fields);
    expect(report.raw).toEqual(bytes);
  });
});

test("keeps a copy of the bytes, not the caller's", () => {
  const bytes = encodeReport({});
  const report = must(parseReport(bytes));
  bytes.fill(0xff);
  expect(report.version).toBe(3);
  expect(report.raw[0]).toBe(3);
});

test("every other length is refused", () => {
  const bytes = encodeReport({});
  for (let length = 0; length < bytes.length; length++) expect(codeOf(bytes.subarray(0, length))).toBe("snp.report-length");
  for (const more of [1, 20, 4096]) expect(codeOf(new Uint8Array([...bytes, ...new Uint8Array(more)]))).toBe("snp.report-length");
});

test.each([0, 1, 4, 6, 7, 0x0200_0000, 0xffff_ffff])("version %d is refused", (version) => {
  expect(codeOf(encodeReport({ version }))).toBe("snp.report-version");
});

test.each([0, 2, 0xffff_ffff])("signature algorithm %d is refused", (signatureAlgo) => {
  expect(codeOf(encodeReport({ signatureAlgo }))).toBe("snp.report-signature-algorithm");
});

test.each([2, 3, 4, 5, 6])("SIGNING_KEY %d is refused", (signingKey) => {
  expect(codeOf(encodeReport({ signingKey }))).toBe("snp.report-signing-key");
});

test("SIGNING_KEY 7 and the mask are read: the verifier refuses them, not the parser", () => {
  expect(must(parseReport(encodeReport({ signingKey: "none", maskChipKey: true })))).toMatchObject({
    signingKey: "none",
    maskChipKey: true,
  });
});

/** First and last byte of what must be zero, beside the code that says so. */
const reserved: Readonly<Record<ReportVersion, readonly (readonly [first: number, last: number])[]>> = {
  2: [
    [0x4c, 0x4f],
    [0x188, 0x19f],
    [0x1eb, 0x1eb],
    [0x1ef, 0x1ef],
    [0x1f8, 0x29f],
  ],
  3: [
    [0x4c, 0x4f],
    [0x18b, 0x19f],
    [0x1eb, 0x1eb],
    [0x1ef, 0x1ef],
    [0x1f8, 0x29f],
  ],
  5: [
    [0x4c, 0x4f],
    [0x18b, 0x19f],
    [0x1eb, 0x1eb],
    [0x1ef, 0x1ef],
    [0x208, 0x29f],
  ],
};

describe.each([2, 3, 5] as const)("version %d", (version) => {
  const bytes = encodeReport({ version });

  test("each single bit that must be zero is refused when it is set", () => {
    for (const [first, last] of reserved[version]) {
      for (const offset of range(first, last)) {
        for (const bit of range(0, 7))
          expect([offset, bit, codeOf(flip(bytes, offset, bit))]).toEqual([offset, bit, "snp.report-reserved"]);
      }
    }
  });

  test("each reserved bit of the key flags is refused", () => {
    for (const bit of range(5, 31)) expect(codeOf(flip(bytes, 0x48 + (bit >> 3), bit & 7))).toBe("snp.report-flags");
  });

  test("the padding of the signature must be zero", () => {
    const padding = [...range(0x2a0 + 48, 0x2a0 + 71), ...range(0x2a0 + 72 + 48, 0x2a0 + 143), ...range(0x2a0 + 144, 0x49f)];
    for (const offset of padding) expect(codeOf(flip(bytes, offset, offset & 7))).toBe("snp.report-signature-padding");
  });

  test("the guest policy's fixed bits are looked at", () => {
    expect(codeOf(flip(bytes, 0x08 + 2, 1))).toBe("snp.guest-policy-reserved");
    for (const bit of range(26, 63)) expect(codeOf(flip(bytes, 0x08 + (bit >> 3), bit & 7))).toBe("snp.guest-policy-reserved");
  });

  test("unknown PLATFORM_INFO bits stay visible", () => {
    for (const bit of range(8, 63)) {
      const report = must(parseReport(flip(bytes, 0x40 + (bit >> 3), bit & 7)));
      expect(report.platformInfo.unknownBits).toBe(1n << BigInt(bit));
    }
  });
});

test("every byte of a report reaches a field, or is refused", () => {
  const bytes = encodeReport({ version: 5 });
  const plain = shapeOf(bytes);
  const changed = range(0, bytes.length - 1).map((offset) => flip(bytes, offset, 0));
  const read = changed.filter((report) => parseReport(report).ok).map(shapeOf);
  expect(read.length).toBeGreaterThan(500);
  expect(read).not.toContain(plain);
});

test("R and S are turned to big endian", () => {
  const bytes = encodeReport({});
  bytes.set(range(1, 48), 0x2a0);
  bytes.set(range(101, 148), 0x2a0 + 72);
  expect([...must(parseReport(bytes)).signature]).toEqual([...range(1, 48).reverse(), ...range(101, 148).reverse()]);
});

function codeOf(bytes: Uint8Array): string {
  const parsed = parseReport(bytes);
  return parsed.ok ? "read" : parsed.failure.code;
}

function shapeOf(bytes: Uint8Array): string {
  const { raw: _, ...fields } = must(parseReport(bytes));
  return JSON.stringify(fields, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

function flip(bytes: Uint8Array, offset: number, bit: number): Uint8Array {
  const changed = bytes.slice();
  viewOf(changed).setUint8(offset, (changed[offset] ?? 0) ^ (1 << bit));
  return changed;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function littleEndian(value: bigint): string {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, value, true);
  return toHex(bytes);
}
