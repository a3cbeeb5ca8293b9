// Does the certificate table parser survive whatever a host hands to a guest?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, fromHex, viewOf } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { encodeCertTable, parseCertTable } from "../../core/snp/cert-table.ts";
import type { CertTableRole } from "../../core/snp/cert-table.ts";

const roles: readonly CertTableRole[] = ["vcek", "vlek", "ask", "ark", "crl"];
const twoParts = [
  { role: "vcek", bytes: Uint8Array.of(1, 2, 3) },
  { role: "ask", bytes: Uint8Array.of(4, 5) },
] as const;

test("what is encoded is read, in order", () => {
  const entries = fc.uniqueArray(fc.record({ role: fc.constantFrom(...roles), bytes: fc.uint8Array({ minLength: 1, maxLength: 2000 }) }), {
    selector: ({ role }) => role,
  });
  fc.assert(
    fc.property(entries, (parts) => {
      const table = must(parseCertTable(encodeCertTable(parts)));
      expect(table.entries.map(({ role, bytes }) => ({ role, bytes }))).toEqual(parts);
    }),
  );
});

test("GUIDs are in textual order", () => {
  const bytes = encodeCertTable([{ role: "vcek", bytes: Uint8Array.of(1) }]);
  expect(bytes.subarray(0, 16)).toEqual(fromHex("63da758de6644564adc5f4b93be8accd"));
  expect(bytes.subarray(16, 24)).toEqual(Uint8Array.of(48, 0, 0, 0, 1, 0, 0, 0));
});

test("nothing, only an end, and whole pages of padding are tables", () => {
  expect(must(parseCertTable(new Uint8Array(0))).entries).toEqual([]);
  expect(must(parseCertTable(new Uint8Array(24))).entries).toEqual([]);
  expect(must(parseCertTable(new Uint8Array(4096))).entries).toEqual([]);
  expect(must(parseCertTable(concat(encodeCertTable(twoParts), new Uint8Array(4000)))).entries).toHaveLength(2);
});

test("a GUID of the host's own is kept without a role", () => {
  const table = encodeCertTable(twoParts);
  table.fill(7, 0, 16);
  expect(must(parseCertTable(table)).entries.map(({ role }) => role)).toEqual([undefined, "ask"]);
});

test("every truncation is refused", () => {
  const table = encodeCertTable(twoParts);
  for (let length = 1; length < table.length; length++) expect(codeOf(table.subarray(0, length))).toBe("snp.cert-table");
});

describe("bad ranges", () => {
  test.each([
    ["into the entries", 16, 71],
    ["past the end", 16, 75],
    ["offset near 2^32", 16, 0xffff_fffe],
    ["length near 2^32", 20, 0xffff_ffff],
    ["empty", 20, 0],
  ])("%s", (_, offset, value) => {
    const table = encodeCertTable(twoParts);
    viewOf(table).setUint32(offset, value, true);
    expect(codeOf(table)).toBe("snp.cert-table");
  });
});

test("a role that comes twice is refused", () => {
  const table = encodeCertTable(twoParts);
  table.copyWithin(24, 0, 16);
  expect(codeOf(table)).toBe("snp.cert-table");
});

test("too many entries and too many bytes are refused", () => {
  expect(codeOf(new Uint8Array(65_537))).toBe("snp.cert-table");
  const many = new Uint8Array(20 * 24);
  for (let entry = 0; entry < 19; entry++) many.fill(entry + 1, entry * 24, entry * 24 + 16);
  expect(codeOf(many)).toBe("snp.cert-table");
});

test("whatever the bytes, the parser answers", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(["read", "snp.cert-table"]).toContain(codeOf(bytes));
    }),
  );
});

function codeOf(bytes: Uint8Array): string {
  const table = parseCertTable(bytes);
  return table.ok ? "read" : table.failure.code;
}
