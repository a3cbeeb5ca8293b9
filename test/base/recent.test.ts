// A bounded memory: what stays, what goes, and that it never holds more than it may.
import { array, assert, boolean, integer, property, tuple, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { nameOfDigest, Recent } from "../../core/base/recent.ts";

test("below, at and above its limit: what was not asked for the longest goes first", () => {
  const recent = new Recent<number>(3);
  for (const [at, name] of ["a", "b", "c"].entries()) recent.set(name, at);
  expect(recent.get("a")).toBe(0);
  recent.set("d", 3);
  expect(["a", "b", "c", "d"].map((name) => recent.get(name))).toEqual([0, undefined, 2, 3]);
});

test("by weight; what is heavier than all there may be is not kept, and drops nothing else", () => {
  const recent = new Recent<string>(10);
  recent.set("light", "l", 4);
  recent.set("at the limit with it", "m", 6);
  expect(recent.get("light")).toBe("l");
  recent.set("too heavy", "h", 11);
  expect(recent.get("too heavy")).toBeUndefined();
  expect(recent.get("at the limit with it")).toBe("m");
  recent.set("fills it", "f", 10);
  expect(recent.get("light")).toBeUndefined();
  expect(recent.get("fills it")).toBe("f");
});

test("set again, a name has its new value, its new weight, and is counted once", () => {
  const recent = new Recent<number>(2);
  recent.set("other", 0);
  for (let round = 0; round < 5; round++) recent.set("a", round);
  expect([recent.get("other"), recent.get("a")]).toEqual([0, 4]);
});

test("never above its limit, whatever comes", () => {
  const sets = array(tuple(integer({ min: 0, max: 9 }), integer({ min: 0, max: 12 })), { maxLength: 60 });
  assert(
    property(sets, (all) => {
      const recent = new Recent<number>(10);
      for (const [name, weight] of all) recent.set(`${name}`, weight, weight);
      const held = Array.from({ length: 10 }, (_, name) => recent.get(`${name}`) ?? 0);
      expect(held.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(10);
    }),
  );
});

test("two digests have one name only where they are the same", () => {
  const digests = uint8Array({ minLength: 32, maxLength: 32 });
  assert(
    property(digests, integer({ min: 0, max: 255 }), (digest, bit) => {
      const name = nameOfDigest(digest);
      expect([...name].map((character) => character.charCodeAt(0))).toEqual([...digest]);
      digest[bit >> 3] = (digest[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(nameOfDigest(digest)).not.toBe(name);
    }),
  );
});

test("the same as a plain list, newest last, whatever is asked and set in whatever order", () => {
  const steps = array(tuple(boolean(), integer({ min: 0, max: 7 }), integer({ min: 0, max: 6 })), { maxLength: 80 });
  assert(
    property(steps, (all) => {
      const recent = new Recent<number>(12);
      let list: { name: string; value: number; weight: number }[] = [];
      for (const [at, [asks, number, weight]] of all.entries()) {
        const name = `${number}`;
        const known = list.find((one) => one.name === name);
        if (asks) expect(recent.get(name)).toBe(known?.value);
        else recent.set(name, at, weight);
        list = list.filter((one) => one !== known);
        if (!asks) list.push({ name, value: at, weight });
        else if (known !== undefined) list.push(known);
        while (list.reduce((sum, one) => sum + one.weight, 0) > 12) list.shift();
      }
      for (let number = 0; number < 8; number++) expect(recent.get(`${number}`)).toBe(list.find(({ name }) => name === `${number}`)?.value);
    }),
  );
});
