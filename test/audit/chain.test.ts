// The chain of entries: page by page, and broken by every change, removal, insertion and swap.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyChain } from "../../core/audit/chain.ts";
import { emptyTip, sealEntry, type AuditTip, type SealedEntry } from "../../core/audit/entry.ts";
import { must } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

function log(length: number): SealedEntry[] {
  const entries: SealedEntry[] = [];
  let tip: AuditTip = emptyTip;
  for (let at = 0; at < length; at++) {
    const entry = sealEntry(tip, at, { kind: "vm-changed", facts: { vm: `vm ${at}` } }, nodePrimitives);
    entries.push(entry);
    tip = entry;
  }
  return entries;
}

const twenty = log(20);

function entryAt(index: number): SealedEntry {
  const entry = twenty[index];
  if (entry === undefined) throw new Error("no such entry");
  return entry;
}

function codeOf(entries: readonly SealedEntry[]): string | undefined {
  const verified = verifyChain(entries, emptyTip, nodePrimitives);
  return verified.ok ? undefined : verified.failure.code;
}

describe("a whole log", () => {
  test("verifies, in one page or in many", () => {
    const whole = must(verifyChain(twenty, emptyTip, nodePrimitives));
    expect(whole.tip.sequence).toBe(20);
    expect(whole.entries.map(({ facts }) => facts["vm"])).toEqual(twenty.map((_, at) => `vm ${at}`));
    let tip = emptyTip;
    for (let at = 0; at < 20; at += 7) tip = must(verifyChain(twenty.slice(at, at + 7), tip, nodePrimitives)).tip;
    expect(tip).toEqual(whole.tip);
    expect(must(verifyChain([], emptyTip, nodePrimitives)).tip).toEqual(emptyTip);
  });
});

describe("a broken log", () => {
  test("an entry removed, doubled or swapped", () => {
    fc.assert(
      fc.property(fc.nat({ max: 18 }), (at) => {
        expect(codeOf(twenty.toSpliced(at, 1))).toBe("audit.broken-chain");
        expect(codeOf(twenty.toSpliced(at, 0, ...twenty.slice(at, at + 1)))).toBe("audit.broken-chain");
        expect(codeOf(twenty.toSpliced(at, 2, ...twenty.slice(at, at + 2).reverse()))).toBe("audit.broken-chain");
      }),
    );
  });

  test("an entry written anew with all of its own hashes right", () => {
    const third = entryAt(2);
    const forged = sealEntry(third, 3, { kind: "vm-changed", facts: { vm: "forged" } }, nodePrimitives);
    expect(codeOf(twenty.toSpliced(3, 1, forged))).toBe("audit.broken-chain");
    expect(codeOf([...twenty.slice(0, 3), forged])).toBeUndefined();
  });

  test("any bit of the bytes, the hash or the previous hash", () => {
    fc.assert(
      fc.property(fc.nat({ max: 19 }), fc.constantFrom("bytes", "hash", "previous"), fc.nat(), (at, part, bit) => {
        const entry = entryAt(at);
        const changed = entry[part].slice();
        const place = bit % (changed.length * 8);
        changed[place >> 3] = (changed[place >> 3] ?? 0) ^ (1 << (place & 7));
        expect(codeOf(twenty.toSpliced(at, 1, { ...entry, [part]: changed }))).toMatch(/^audit\./);
      }),
    );
  });

  test("a sequence beside the bytes that says something else", () => {
    const first = entryAt(0);
    expect(codeOf([{ ...first, sequence: 2 }])).toBe("audit.broken-chain");
  });

  test("names the first bad entry", () => {
    const verified = verifyChain(twenty.toSpliced(7, 1), emptyTip, nodePrimitives);
    expect(verified).toMatchObject({ ok: false, failure: { detail: "entry 8" } });
  });
});
