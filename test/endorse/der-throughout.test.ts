// Is DER refused where any part of it, however deep and however little anybody asks for it, has another encoding too?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../core/base/bytes.ts";
import { DerFault, readDer } from "../../core/endorse/der.ts";
import { expectDerThroughout } from "../../core/endorse/der-throughout.ts";
import { context, contextPrimitive, der } from "../../core/simulator/der.ts";

describe.each([
  ["alone", (value: Uint8Array) => value],
  ["in a sequence", (value: Uint8Array) => der(0x30, der(0x05), value)],
  ["in a context tag in a set", (value: Uint8Array) => der(0x31, context(3, value))],
])("%s", (_, around) => {
  test.each([
    ["FALSE", "010100"],
    ["TRUE", "0101ff"],
    ["0", "020100"],
    ["127, 128 and their negatives", "300e 02017f 02020080 020180 0202ff7f"],
    ["an enumerated", "0a0103"],
    ["bits", "030206c0"],
    ["no bits", "030100"],
    ["bytes that would be no DER", "0403300000"],
    ["null", "0500"],
    ["an object identifier", "06092a864886f70d01010a"],
    ["text", "0c02c3a4"],
    ["an empty sequence and an empty set", "300430003100"],
    ["a set in order", "3106020101020102"],
    ["a set with the same twice", "3106020101020101"],
    ["a shorter value before a longer", "31070401610402 6161"],
    ["any bytes in a primitive context tag", "8003300000"],
  ])("%s is distinguished", (_name, hex) => {
    expect(() => look(around(bytesOf(hex)))).not.toThrow();
  });

  test.each([
    ["a boolean of 01", "010101"],
    ["an empty boolean", "0100"],
    ["a boolean of two bytes", "01020000"],
    ["an empty integer", "0200"],
    ["an integer with a zero byte too many", "0202007f"],
    ["a negative integer with a byte too many", "0202ff80"],
    ["an enumerated with a zero byte too many", "0a020001"],
    ["a bit string without its first byte", "0300"],
    ["a bit string with nine unused bits", "03020900"],
    ["an empty bit string with unused bits", "030101"],
    ["unused bits that are set", "030206e0"],
    ["a null with content", "050100"],
    ["an empty object identifier", "0600"],
    ["an arc that does not end", "06025580"],
    ["an arc with a zero digit before it", "0603558001"],
    ["text that is not UTF-8", "0c01e4"],
    ["an overlong character", "0c02c0af"],
    ["printable text that is not ASCII", "1301e4"],
    ["IA5 text that is not ASCII", "1601e4"],
    ["a string in pieces", "2403040161"],
    ["a bit string in pieces", "2304030200ff"],
    ["a sequence that is not constructed", "1000"],
    ["a set that is not constructed", "1100"],
    ["a constructed boolean", "210101"],
    ["a set out of order", "3106020102020101"],
    ["a type that AMD does not use", "1e020041"],
    ["a reserved type", "0f00"],
    ["an application tag", "4100"],
    ["a private tag", "e100"],
    ["the end of an indefinite length", "0000"],
    ["an indefinite length", "30800000"],
    ["a length in too many bytes", "04810161"],
    ["a value longer than what is around it", "3003020201"],
    ["a tag without a length", "300102"],
  ])("%s is not", (_name, hex) => {
    expect(() => look(around(bytesOf(hex)))).toThrow(DerFault);
  });
});

test("sixteen levels are read, seventeen are not", () => {
  const nested = (levels: number): Uint8Array =>
    Array.from({ length: levels }).reduce<Uint8Array>((inside) => der(0x30, inside), der(0x05));
  expect(() => look(nested(16))).not.toThrow();
  expect(() => look(nested(17))).toThrow(DerFault);
  expect(() => look(nested(2_000))).toThrow(DerFault);
});

test("whatever the bytes: distinguished, or DerFault; what is cut off is never distinguished", () => {
  const outcome = (bytes: Uint8Array): unknown => {
    try {
      look(bytes);
      return "distinguished";
    } catch (cause) {
      return cause instanceof DerFault ? "fault" : cause;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(0x30, 0x31, 0xa0, 0x02, 0x03), (content, tag) => {
      const value = der(tag, content);
      expect(["distinguished", "fault"]).toContain(outcome(value));
      expect(outcome(value.subarray(0, -1))).toBe("fault");
    }),
  );
});

test("an octet string and a primitive context tag are not looked into", () => {
  for (const value of [der(0x04, bytesOf("010101")), contextPrimitive(0, bytesOf("010101"))]) expect(() => look(value)).not.toThrow();
});

function look(bytes: Uint8Array): void {
  expectDerThroughout(readDer(bytes));
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(" ", "")) ?? new Uint8Array(0);
}
