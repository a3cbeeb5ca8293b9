// Does the writer of reports undo the parser? Real reports byte for byte, generated ones field for field.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isZero } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { encodeReport, withSignature } from "../../core/snp/report-encode.ts";
import { parseReport } from "../../core/snp/report.ts";
import { needsVectors, vector } from "../kit/vectors.ts";
import type { ReportFields } from "../../core/snp/report-encode.ts";
import type { Report } from "../../core/snp/report.ts";

describe("real reports", needsVectors(), () => {
  test.each(["milan-v2-debug", "milan-v2", "milan-v3", "genoa-v3", "turin-v5", "vlek-milan-v3-vmpl1"])("%s is written again", (name) => {
    const bytes = vector("reports", `${name}.report.bin`);
    const report = must(parseReport(bytes));
    expect(withSignature(encodeReport(fieldsOf(report)), report.signature)).toEqual(bytes);
  });
});

test("whatever is written is read", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const level = fc.integer({ min: 0, max: 255 });
  const firmware = fc.record({ major: level, minor: level, build: level });
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const fields: fc.Arbitrary<ReportFields> = fc.record({
    version: fc.constant(5),
    guestSvn: fc.nat(0xffff_ffff),
    policy: fc.bigInt({ min: 0n, max: 2n ** 26n - 1n }).map((policy) => policy | (1n << 17n)),
    familyId: bytes(16),
    imageId: bytes(16),
    vmpl: fc.nat(0xffff_ffff),
    signatureAlgo: fc.constant(1),
    currentTcb: bytes(8),
    platformInfo: u64,
    authorKeyEn: fc.boolean(),
    maskChipKey: fc.boolean(),
    signingKey: fc.constantFrom("vcek", "vlek", "none"),
    reportData: bytes(64),
    measurement: bytes(48),
    hostData: bytes(32),
    idKeyDigest: bytes(48),
    authorKeyDigest: bytes(48),
    reportId: bytes(32),
    reportIdMa: bytes(32),
    reportedTcb: bytes(8),
    cpuid: fc.record({ family: level, model: level, stepping: level }),
    chipId: bytes(64),
    committedTcb: bytes(8),
    currentVersion: firmware,
    committedVersion: firmware,
    launchTcb: bytes(8),
    launchMitVector: u64,
    currentMitVector: u64,
  });
  fc.assert(
    fc.property(fields, (written) => {
      expect(fieldsOf(must(parseReport(encodeReport(written))))).toEqual(written);
    }),
  );
});

test("without fields it is a version 3 report that parses", () => {
  const report = must(parseReport(encodeReport({})));
  expect(report.version).toBe(3);
  expect(report.reportIdMa).toEqual(new Uint8Array(32).fill(0xff));
  expect(isZero(report.signature)).toBe(true);
});

test("patches lie over fields", () => {
  const parsed = parseReport(encodeReport({}, [{ offset: 0x4c, bytes: Uint8Array.of(1) }]));
  expect(parsed).toMatchObject({ ok: false, failure: { code: "snp.report-reserved" } });
});

test("a raw SIGNING_KEY value is written as it is", () => {
  expect(encodeReport({ signingKey: 3 })[0x48]).toBe(3 << 2);
});

test("a field of the wrong length is a bug and throws", () => {
  expect(() => encodeReport({ hostData: new Uint8Array(31) })).toThrow("needs 32 bytes");
});

function fieldsOf(report: Report): ReportFields {
  const { raw: _raw, signature: _signature, policy, platformInfo, launchMitVector = 0n, currentMitVector = 0n, ...fields } = report;
  return { ...fields, signatureAlgo: 1, policy: policy.raw, platformInfo: platformInfo.raw, launchMitVector, currentMitVector };
}
