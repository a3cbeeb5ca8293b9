// Which CoRIMs are refused whole? Other algorithms and forms, everything that CBOR could say twice, what is cut off, and what is too much.
import { encode, Tagged } from "cborg";
import { describe, expect, test } from "vitest";
import { maximumCorim, parseCorim } from "../../../core/appraise/reference-values/corim.ts";
import { concat } from "../../../core/base/bytes.ts";
import { coseOf, corimMap, signedCorim, unsignedCorim } from "./kit.ts";

const code = (expected: string) => ({ ok: false, failure: { code: expected } });
const head = new Uint8Array(encode(new Map([[1, -35]])));

describe("what is refused whole", () => {
  const payload = encode(corimMap());
  const withHead = (...entries: readonly (readonly [unknown, unknown])[]) => coseOf(new Uint8Array(encode(new Map(entries))), payload);
  test.each<[string, string, Uint8Array]>([
    ["ES256", "reference.corim-form", withHead([1, -7])],
    ["no algorithm", "reference.corim-form", withHead()],
    ["a critical header", "reference.corim-form", withHead([1, -35], [2, [99]], [99, 1])],
    ["a digest instead of the payload", "reference.corim-form", withHead([1, -35], [258, -43])],
    ["another content type", "reference.corim-form", withHead([1, -35], [3, "application/cose"])],
    ["a content type by number", "reference.corim-form", withHead([1, -35], [3, 60])],
    ["a payload elsewhere", "reference.corim-form", coseOf(head, null)],
    ["a payload that is no CoRIM", "reference.malformed", coseOf(head, encode(new Map()))],
    ["a CoRIM signed within a CoRIM", "reference.malformed", coseOf(head, signedCorim())],
    ["a short signature", "reference.malformed", new Uint8Array(encode(new Tagged(18, [head, new Map(), payload, new Uint8Array(95)])))],
    ["no tags", "reference.malformed", unsignedCorim({ tags: [] })],
    ["65 tags", "reference.malformed", unsignedCorim({ tags: Array.from({ length: 65 }, () => new Tagged(505, Uint8Array.of(0))) })],
    ["two profiles", "reference.malformed", unsignedCorim({ profile: [new Tagged(32, "a"), new Tagged(32, "b")] })],
    ["a validity without an end", "reference.malformed", unsignedCorim({ validity: new Map([[0, new Tagged(1, 1)]]) })],
    ["a validity in fractions", "reference.malformed", unsignedCorim({ validity: new Map([[1, new Tagged(1, 1.5)]]) })],
    ["a measurement that is no map", "reference.malformed", unsignedCorim({ measurements: [1] })],
    ["a CoMID without triples", "reference.malformed", unsignedCorim({ tags: [new Tagged(506, encode(new Map([[1, 2]])))] })],
    ["a tag that is not known", "reference.malformed", unsignedCorim({ tags: [new Tagged(599, 1)] })],
    ["something behind", "reference.malformed", Uint8Array.of(...unsignedCorim(), 0)],
    ["a float for a key", "reference.malformed", Uint8Array.of(0xd9, 0x01, 0xf5, 0xa1, 0xf9, 0x3c, 0x00, 0x80)],
    ["a list without an end", "reference.malformed", Uint8Array.of(0xd9, 0x01, 0xf5, 0x9f, 0xff)],
    ["a longer form of a number", "reference.malformed", Uint8Array.of(0xd9, 0x01, 0xf5, 0xa1, 0x18, 0x01, 0x80)],
    ["a key twice", "reference.malformed", Uint8Array.of(0xd9, 0x01, 0xf5, 0xa2, 0x01, 0x80, 0x01, 0x80)],
    ["nothing", "reference.malformed", new Uint8Array(0)],
    ["too much", "reference.malformed", new Uint8Array(maximumCorim + 1)],
    ["lists in lists without number", "reference.malformed", new Uint8Array(maximumCorim).fill(0x81)],
    ["a million values", "reference.malformed", concat(Uint8Array.of(0x9a, 0, 0x0f, 0x42, 0x40), new Uint8Array(1_000_000))],
  ])("%s", (_, expected, bytes) => {
    expect(parseCorim(bytes)).toMatchObject(code(expected));
  });

  test("cut off anywhere", () => {
    for (const bytes of [signedCorim(), unsignedCorim()])
      for (let length = 0; length < bytes.length; length += 1) expect(parseCorim(bytes.slice(0, length)).ok).toBe(false);
  });
});
