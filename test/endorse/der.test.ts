// Is only the one distinguished encoding of each value read?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { booleanOf, childrenOf, DerFault, oidOf, readDer, timeOf, unsigned } from "../../core/endorse/der.ts";

const node = (hex: string) => readDer(fromHex(hex) ?? new Uint8Array());

describe("lengths", () => {
  test("minimal ones are read", () => {
    expect(node("0500").content).toHaveLength(0);
    expect(node(`0481 80${"00".repeat(128)}`.replace(" ", "")).content).toHaveLength(128);
    expect(node(`04820100${"00".repeat(256)}`).content).toHaveLength(256);
  });

  test.each([
    ["nothing", ""],
    ["a tag alone", "05"],
    ["indefinite", "30800000"],
    ["long form for a short length", "04810100"],
    ["a leading zero", `04820080${"00".repeat(128)}`],
    ["four length bytes", "048400000001ff"],
    ["longer than the input", "040200"],
    ["cut off in the length", "0482"],
    ["bytes after the value", "050000"],
    ["a long tag", "1f810500"],
  ])("%s is refused", (_, hex) => {
    expect(() => node(hex)).toThrow(DerFault);
  });
});

test.each([
  ["020100", 0n],
  ["02017f", 127n],
  ["020200db", 0xdbn],
  ["0203020002", 0x020002n],
])("integer %s", (hex, value) => {
  expect(unsigned(node(hex))).toBe(value);
});

test.each([
  ["empty", "0200"],
  ["negative", "0201db"],
  ["not minimal", "0202007f"],
  ["too long", `0215${"11".repeat(21)}`],
  ["another tag", "0a0101"],
])("an integer that is %s is refused", (_, hex) => {
  expect(() => unsigned(node(hex))).toThrow(DerFault);
});

test.each([
  ["06092a864886f70d01010a", "1.2.840.113549.1.1.10"],
  ["0603551d13", "2.5.29.19"],
  ["060a2b060104019c78010308", "1.3.6.1.4.1.3704.1.3.8"],
])("object identifier %s", (hex, oid) => {
  expect(oidOf(node(hex))).toBe(oid);
});

test.each(["0600", "060180", "06025580", "0603558001"])("object identifier %s is refused", (hex) => {
  expect(() => oidOf(node(hex))).toThrow(DerFault);
});

test("only 00 and FF are booleans", () => {
  expect([booleanOf(node("010100")), booleanOf(node("0101ff"))]).toEqual([false, true]);
  for (const hex of ["010101", "0100", "01020000"]) expect(() => booleanOf(node(hex))).toThrow(DerFault);
});

describe("times", () => {
  const utc = (text: string) => ({ tag: 0x17, bytes: utf8(text), content: utf8(text) });
  const generalized = (text: string) => ({ tag: 0x18, bytes: utf8(text), content: utf8(text) });

  test("UTCTime turns at 50", () => {
    expect(timeOf(utc("491231235959Z"))).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
    expect(timeOf(utc("500101000000Z"))).toBe(Date.UTC(1950, 0, 1));
    expect(timeOf(generalized("20500101000000Z"))).toBe(Date.UTC(2050, 0, 1));
  });

  test.each(["2601010000Z", "260101000000", "260101000000+0100", "260229000000Z", "261301000000Z", "260101240000Z", "260101000060Z", ""])(
    "%s is refused",
    (text) => {
      expect(() => timeOf(utc(text))).toThrow(DerFault);
      expect(() => timeOf(generalized(`20${text}`))).toThrow(DerFault);
    },
  );

  test("a long text is refused without being looked at", () => {
    expect(() => timeOf(utc("1".repeat(300_000)))).toThrow(DerFault);
  });
});

test("whatever the bytes: read, or DerFault", () => {
  const outcome = (bytes: Uint8Array): unknown => {
    try {
      const read = readDer(bytes);
      childrenOf(read);
      return "read";
    } catch (cause) {
      return cause instanceof DerFault ? "fault" : cause;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(["read", "fault"]).toContain(outcome(bytes));
    }),
  );
});
