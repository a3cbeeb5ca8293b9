// Are the pins those of AMD's published roots, and of nothing else?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { products } from "../../core/snp/product.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

describe("AMD's roots", needsVectors(), () => {
  test.each(products)("ARK-%s", (product) => {
    const ark = must(parseCertificate(vector("amd-roots", `ARK-${product}.der`)));
    const pin = amdAnchors.ark[product];
    expect(pin?.certificate).toEqual(nodePrimitives.digest("sha256", ark.der));
    expect(pin?.spki).toEqual(nodePrimitives.digest("sha256", ark.spki));
  });
});

test("every product has its own pins, and they are not simulated", () => {
  const pins = products.flatMap((product) => {
    const pin = amdAnchors.ark[product];
    return pin === undefined ? [] : [toHex(pin.certificate), toHex(pin.spki)];
  });
  expect(new Set(pins).size).toBe(2 * products.length);
  expect(amdAnchors.kind).toBe("amd");
});
