// Does the JSON reader take exactly what JSON.parse takes, less what untrusted input may not have, and is the canonical text RFC 8785's?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, JsonFault, parseJson } from "../../core/base/json.ts";
import type { Json } from "../../core/base/json.ts";

describe("the reader", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: "grapheme" }), (text) => {
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test("refuses, as JSON.parse does, whatever is no JSON, and throws nothing else than a fault", () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom("", "{", "}", '"', "\\", ",", "0", "-", "e", "\u0000", "\ufeff"),
        (text, at, put) => {
          const changed = text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1);
          if (reads(JSON.parse, changed) === "no JSON") expect(() => parseJson(changed)).toThrow(JsonFault);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["a duplicate key", '{"a":1,"a":1}'],
    ["a duplicate key, written in another way", '{"a":1,"\\u0061":1}'],
    ["a duplicate __proto__", '{"__proto__":1,"__proto__":2}'],
    ["a lone surrogate", '"\\ud800"'],
    ["a lone surrogate in a key", '{"\\udc00":1}'],
    ["a number beyond all", "1e999"],
    ["a byte order mark", "\ufeff{}"],
    ["text after the value", "{} {}"],
    ["nothing", ""],
    ["a trailing comma", "[1,]"],
    ["a raw line feed in a string", '"\n"'],
    ["white space that JSON does not know", "\u00a01"],
  ])("refuses %s", (_what, text) => {
    expect(() => parseJson(text)).toThrow(JsonFault);
  });

  test("takes sixteen levels below the first, and not one more", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "0" + "]".repeat(depth);
    expect(() => parseJson(nested(16))).not.toThrow();
    expect(() => parseJson(nested(17))).toThrow(JsonFault);
    expect(() => parseJson("[".repeat(60_000))).toThrow(JsonFault);
  });

  test("__proto__ is a member like another", () => {
    const json = parseJson('{"__proto__":{"admin":true}}') as { readonly [key: string]: Json };
    expect(Object.keys(json)).toEqual(["__proto__"]);
    expect(json["admin"]).toBeUndefined();
  });
});

describe("the canonical text", () => {
  test("reads back as the same value, and is the only text of it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = canonicalJson(parseJson(JSON.stringify(value)));
        expect(canonicalJson(parseJson(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("of a text with any one character is what ECMAScript writes", () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = `a${String.fromCharCode(unit)}`;
      if (canonicalJson(text) !== JSON.stringify(text)) expect.fail(`0x${unit.toString(16)}`);
    }
    expect(canonicalJson("")).toBe('""');
  });

  // RFC 8785, sections 3.2.3 (order by UTF-16 code units) and 3.2.2 (numbers and strings).
  test.each([
    [
      '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    ["[333333333.33333329, 1E30, 4.50, 2e-3, 1e-27, -0]", "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]"],
    ['"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
  ])("of %s", (text, canonical) => {
    expect(canonicalJson(parseJson(text))).toBe(canonical);
  });
});

function reads(parse: (text: string) => unknown, text: string): "JSON" | "no JSON" {
  try {
    parse(text);
    return "JSON";
  } catch {
    return "no JSON";
  }
}
