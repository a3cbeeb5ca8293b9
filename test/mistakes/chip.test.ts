// Mistake 7 of real verifiers: the chip's id in the certificate is taken for DER, for 64 bytes everywhere, or for a prefix.
import { describe, expect, test } from "vitest";
import { products } from "../../core/snp/product.ts";
import type { Product } from "../../core/snp/product.ts";
import { simulatedHierarchy } from "../kit/simulated.ts";
import { needsVectors } from "../kit/vectors.ts";
import { codesOf, codesWith, published } from "./kit.ts";

describe("mistake 7: hwID is read as DER, as 64 bytes on Turin, or as any prefix on Genoa", () => {
  test.each([0x02, 0x04, 0x30, 0x80])("raw bytes that begin with %d are raw bytes", async (first) => {
    for (const product of products) {
      for (const second of [0x00, 0x06, 0x3e, 0x40, 0xff]) {
        const chipId = new Uint8Array(64);
        chipId.set([first, second, 1, 2, 3, 4, 5, 6]);
        expect([product, first, second, await codesWith({ product, chip: { chipId } })]).toEqual([product, first, second, []]);
      }
    }
  });

  test("the real Turin has 8 bytes, the real Genoa 64", needsVectors(), () => {
    for (const name of ["turin-v5", "genoa-v3", "milan-v3"]) expect(codesOf(published(name))).toEqual([]);
  });

  test.each(products)("every other length on %s is refused, though CHIP_ID begins or ends with it", async (product) => {
    const right = product === "Turin" ? 8 : 64;
    const chipId = await sparseChip(product);
    for (const length of [0, 1, 7, 8, 9, 16, 32, 63, 64, 65, 66]) {
      const hwId = new Uint8Array(length);
      hwId.set(chipId.subarray(0, Math.min(length, 64)));
      expect([length, await codesWith({ product, chip: { chipId }, leaf: { overrides: { hwId } } })]).toEqual([
        length,
        length === right ? [] : ["endorse.vek-extension"],
      ]);
    }
  });

  test("another chip that shares the first 8 bytes is another chip", async () => {
    for (const product of products) {
      const reported = (await simulatedHierarchy(product)).chipId();
      reported[8] = (reported[8] ?? 0) ^ 1;
      expect(await codesWith({ product, request: { overrides: { chipId: reported } } })).toEqual(["appraise.chip-id"]);
      const last = (await simulatedHierarchy(product)).chipId();
      last[63] = (last[63] ?? 0) ^ 1;
      expect(await codesWith({ product, request: { overrides: { chipId: last } } })).toEqual(["appraise.chip-id"]);
    }
  });
});

/** All that tells it from others is in its first 8 bytes, so that only the length can be wrong. */
async function sparseChip(product: Product): Promise<Uint8Array> {
  const chipId = (await simulatedHierarchy(product)).chipId();
  chipId.fill(0, 8);
  return chipId;
}
