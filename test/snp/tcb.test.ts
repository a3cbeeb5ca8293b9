// Is a TCB version read in its product's layout, and compared component by component?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { encodeTcb, parseTcb, shortfalls, tcbComponents } from "../../core/snp/tcb.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Tcb, TcbComponent } from "../../core/snp/tcb.ts";

/** As real processors reported them. */
const real: readonly (readonly [Product, string, Omit<Tcb, "product">])[] = [
  ["Milan", "04000000000018db", { fmc: undefined, bootloader: 4, tee: 0, snp: 0x18, microcode: 0xdb }],
  ["Genoa", "0a00000000001754", { fmc: undefined, bootloader: 0x0a, tee: 0, snp: 0x17, microcode: 0x54 }],
  ["Turin", "0101010400000051", { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 0x51 }],
  ["Turin", "0103020500000061", { fmc: 1, bootloader: 3, tee: 2, snp: 5, microcode: 0x61 }],
];

test.each(real)("%s %s", (product, hex, levels) => {
  const raw = fromHex(hex) ?? new Uint8Array();
  expect(must(parseTcb(product, raw))).toEqual({ product, ...levels });
  expect(encodeTcb({ product, ...levels })).toEqual(raw);
});

const level = fc.integer({ min: 0, max: 255 });
const levels = { bootloader: level, tee: level, snp: level, microcode: level };
const tcbs: fc.Arbitrary<Tcb> = fc.oneof(
  fc.record({ ...levels, product: fc.constantFrom("Milan" as const, "Genoa" as const), fmc: fc.constant(undefined) }),
  fc.record({ ...levels, product: fc.constant("Turin" as const), fmc: level }),
);

test("what is encoded is read", () => {
  fc.assert(
    fc.property(tcbs, (tcb) => {
      expect(must(parseTcb(tcb.product, encodeTcb(tcb)))).toEqual(tcb);
    }),
  );
});

const reserved: readonly (readonly [Product, readonly number[]])[] = [
  ["Milan", [2, 3, 4, 5]],
  ["Genoa", [2, 3, 4, 5]],
  ["Turin", [4, 5, 6]],
];

test.each(reserved)("%s: each reserved bit is refused", (product, offsets) => {
  for (const offset of offsets) {
    for (let bit = 0; bit < 8; bit++) {
      const raw = new Uint8Array(8);
      raw[offset] = 1 << bit;
      expect(parseTcb(product, raw)).toMatchObject({ ok: false, failure: { code: "snp.tcb-reserved" } });
    }
  }
});

test.each([0, 7, 9])("%d bytes are refused", (length) => {
  expect(parseTcb("Milan", new Uint8Array(length))).toMatchObject({ failure: { code: "snp.tcb-reserved" } });
});

describe.each(["Milan", "Turin"] as const)("floors on %s", (product) => {
  const floor: Tcb = { product, fmc: product === "Turin" ? 3 : undefined, bootloader: 4, tee: 5, snp: 6, microcode: 7 };
  const components = tcbComponents.filter((component) => floor[component] !== undefined);
  const moved = (component: TcbComponent, by: number): Tcb => ({ ...floor, [component]: (floor[component] ?? 0) + by });

  test.each(components)("%s one below, equal, one above", (component) => {
    expect(shortfalls(moved(component, -1), floor)).toEqual([component]);
    expect(shortfalls(floor, floor)).toEqual([]);
    expect(shortfalls(moved(component, 1), floor)).toEqual([]);
  });

  test("a high microcode level makes up for nothing", () => {
    expect(shortfalls({ ...floor, microcode: 255, bootloader: 3, snp: 0 }, floor)).toEqual(["bootloader", "snp"]);
  });
});

test("two products are never compared", () => {
  const milan = must(parseTcb("Milan", new Uint8Array(8)));
  const turin = must(parseTcb("Turin", new Uint8Array(8)));
  expect(() => shortfalls(milan, turin)).toThrow("two products");
});
