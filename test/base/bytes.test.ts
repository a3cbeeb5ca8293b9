// Has every byte string one text, and does nothing else read as one? Node's Buffer is the second opinion.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalBytes, fromBase64, fromHex, toBase64, toHex } from "../../core/base/bytes.ts";

const bytes = fc.uint8Array({ maxLength: 70 });

describe("hex", () => {
  test("goes there and back, as Node's does", () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toHex(value)).toBe(Buffer.from(value).toString("hex"));
        expect(fromHex(toHex(value))).toEqual(value);
      }),
    );
  });

  test.each(["0", "0g", "AB", "aB", " 00", "0x00", "00\n", "é0"])("refuses %j", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });
});

describe("base64", () => {
  test("goes there and back, as Node's does", () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toBase64(value)).toBe(Buffer.from(value).toString("base64"));
        expect(fromBase64(toBase64(value))).toEqual(value);
      }),
    );
  });

  test("any text that it takes is the one text of its bytes", () => {
    const character = fc.constantFrom(..."ABQgw/+=_-\n ");
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        const read = fromBase64(text);
        if (read !== undefined) expect(toBase64(read)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  test.each(["A", "AA", "AAA", "AA=A", "A===", "====", "AB==", "AAB=", "AA==AA==", "AAA-", "AAA_", "AAAA\n", " AAA"])(
    "refuses %j",
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );
});

test("bytes are equal only where length and every byte are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const other = value.slice();
      expect(equalBytes(value, other)).toBe(true);
      expect(equalBytes(value, value.subarray(1))).toBe(false);
      other[at % other.length] = (other[at % other.length] ?? 0) ^ change;
      expect(equalBytes(value, other)).toBe(false);
    }),
  );
});
