// Do the two digests name what they say: exact bytes for the record, and everything but the challenge for an approval?
import { expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { claimsDigest, evidenceDigest } from "../../core/appraise/evidence.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { signedLength } from "../../core/snp/report.ts";
import { verifyInput } from "./kit.ts";

test("every byte of report and certificate table is in the evidence digest", async () => {
  const { reportBytes } = await verifyInput();
  const of = (report: Uint8Array, certificateTable?: Uint8Array) =>
    toHex(evidenceDigest({ reportBytes: report, certificateTable }, nodePrimitives));
  const seen = new Set([of(reportBytes), of(reportBytes, Uint8Array.of(1)), of(reportBytes, Uint8Array.of(1, 0))]);
  for (let offset = 0; offset < reportBytes.length; offset++) seen.add(of(flip(reportBytes, offset)));
  expect(seen.size).toBe(3 + reportBytes.length);
  expect(of(reportBytes)).toHaveLength(96);
});

test("bytes cannot move between report and table", () => {
  const of = (reportBytes: Uint8Array, certificateTable: Uint8Array) =>
    toHex(evidenceDigest({ reportBytes, certificateTable }, nodePrimitives));
  expect(of(Uint8Array.of(1, 2), Uint8Array.of(3))).not.toBe(of(Uint8Array.of(1), Uint8Array.of(2, 3)));
});

test("the claims digest covers every signed claim but REPORT_DATA, and not the signature", async () => {
  const { reportBytes, endorsements } = await verifyInput();
  const of = (report: Uint8Array) => toHex(claimsDigest(report, endorsements.vek, nodePrimitives));
  const plain = of(reportBytes);
  for (let offset = 0; offset < reportBytes.length; offset++) {
    const left = (offset >= 0x50 && offset < 0x90) || offset >= signedLength;
    expect([offset, of(flip(reportBytes, offset)) === plain]).toEqual([offset, left]);
  }
});

test("the claims digest covers the certificate of the key", async () => {
  const { reportBytes, endorsements } = await verifyInput();
  const other = (await verifyInput({ request: { signer: "vlek" } })).endorsements.vek;
  expect(claimsDigest(reportBytes, other, nodePrimitives)).not.toEqual(claimsDigest(reportBytes, endorsements.vek, nodePrimitives));
});

test("making a digest leaves the report as it was", async () => {
  const { reportBytes, endorsements } = await verifyInput();
  const before = reportBytes.slice();
  claimsDigest(reportBytes, endorsements.vek, nodePrimitives);
  expect(reportBytes).toEqual(before);
});

function flip(bytes: Uint8Array, offset: number): Uint8Array {
  const changed = bytes.slice();
  changed[offset] = (changed[offset] ?? 0) ^ 1;
  return changed;
}
