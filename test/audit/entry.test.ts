// The form of an audit entry: what is sealed can be read again, and nothing else can.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditKinds, emptyTip, entryHash, parseEntry, sealEntry } from "../../core/audit/entry.ts";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

const at = Date.UTC(2026, 10, 24, 12);
const sealed = sealEntry(emptyTip, at, { kind: "launch-released", facts: { vm: "v", disks: ["root"], simulated: true } }, nodePrimitives);

describe("sealing", () => {
  test("the bytes are canonical JSON with the place in the chain inside", () => {
    expect(fromUtf8(sealed.bytes)).toBe(
      `{"at":"2026-11-24T12:00:00.000Z","disks":["root"],"kind":"launch-released","previous":"${"00".repeat(32)}","sequence":1,"simulated":true,"vm":"v"}`,
    );
    expect(toHex(sealed.hash)).toBe(toHex(nodePrimitives.digest("sha256", utf8("portcullis audit entry v1"), sealed.bytes)));
    expect(toHex(entryHash(sealed.bytes, nodePrimitives))).toBe(toHex(sealed.hash));
  });

  test.each(["sequence", "previous", "at", "kind"])("a fact called %s is a bug of ours", (name) => {
    expect(() => sealEntry(emptyTip, at, { kind: "vm-changed", facts: { [name]: 1 } }, nodePrimitives)).toThrow(name);
  });

  test("an entry that could not be read again is not sealed", () => {
    expect(() => sealEntry(emptyTip, at, { kind: "vm-changed", facts: { long: "x".repeat(65_536) } }, nodePrimitives)).toThrow("bytes");
  });
});

describe("reading", () => {
  test("round trip over generated facts", () => {
    const name = fc.stringMatching(/^[a-z]{5,12}$/).filter((key) => !["sequence", "previous"].includes(key));
    const facts = fc.dictionary(name, fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string())));
    fc.assert(
      fc.property(fc.constantFrom(...auditKinds), fc.nat(), facts, (kind, sequence, generated) => {
        const tip = { sequence, hash: new Uint8Array(32).fill(sequence) };
        const entry = must(parseEntry(sealEntry(tip, at, { kind, facts: generated }, nodePrimitives).bytes));
        expect(entry).toMatchObject({ kind, sequence: sequence + 1, at });
        expect(entry.facts).toEqual(generated);
        expect(toHex(entry.previous)).toBe(toHex(tip.hash));
      }),
    );
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < sealed.bytes.length; length++) {
      expect(parseEntry(sealed.bytes.subarray(0, length))).toMatchObject({ ok: false, failure: { code: "audit.malformed-entry" } });
    }
  });

  const text = fromUtf8(sealed.bytes) ?? "";
  test.each([
    ["white space", text.replace(",", ", ")],
    ["another order", text.replace('"at":"2026-11-24T12:00:00.000Z",', "").replace("{", '{"vm2":1,"at":"2026-11-24T12:00:00.000Z",')],
    ["a duplicate key", text.replace("{", '{"at":"2026-11-24T12:00:00.000Z",')],
    ["trailing bytes", `${text} `],
    ["an unknown kind", text.replace("launch-released", "launch-resold")],
    ["sequence 0", text.replace('"sequence":1', '"sequence":0')],
    ["a fraction", text.replace('"sequence":1', '"sequence":1.5')],
    ["a short hash", text.replace("0000", "")],
    ["a time without milliseconds", text.replace("12:00:00.000Z", "12:00:00Z")],
    ["a day that does not exist", text.replace("2026-11-24", "2026-02-30")],
    ["not an object", "[]"],
    ["not JSON", "{"],
  ])("%s is refused", (_, edited) => {
    expect(parseEntry(utf8(edited))).toMatchObject({ ok: false, failure: { code: "audit.malformed-entry" } });
  });

  test("bytes that are no UTF-8, or too many, are refused", () => {
    expect(parseEntry(Uint8Array.of(0xff)).ok).toBe(false);
    expect(parseEntry(new Uint8Array(65_537)).ok).toBe(false);
  });
});
