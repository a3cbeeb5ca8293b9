// Do simulated certificates have the form of AMD's, tag for tag? Against AMD's own certificates.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { parseTcb } from "../../core/snp/tcb.ts";
import { needsVectors, vector } from "../kit/vectors.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { derShape } from "./der-shape.ts";
import type { Product } from "../../core/snp/product.ts";
import type { TrailerField } from "../../core/simulator/certificate.ts";

describe("against AMD's certificates", needsVectors(), () => {
  test.each(["Milan", "Genoa", "Turin"] as const)("the authorities of %s", async (product) => {
    const { ark, ask, asvk } = (await simulatedHierarchy(product)).authorities;
    for (const authority of [ark, ask, asvk]) {
      expect(derShape(authority.certificate)).toEqual(derShape(vector("amd-roots", `${authority.name}.der`)));
    }
  });

  const leaves: readonly (readonly [file: string, product: Product, signer: "vcek" | "vlek", trailerField: TrailerField])[] = [
    ["milan-v2", "Milan", "vcek", "explicit"],
    ["milan-v3", "Milan", "vcek", "omitted"],
    ["genoa-v3", "Genoa", "vcek", "omitted"],
    ["turin-v5", "Turin", "vcek", "omitted"],
    ["vlek-milan-v3-vmpl1", "Milan", "vlek", "omitted"],
  ];
  test.each(leaves)("the leaf of %s", async (file, product, signer, trailerField) => {
    const hierarchy = await simulatedHierarchy(product);
    const tcb = must(parseTcb(product, vector("reports", `${file}.report.bin`).subarray(0x180, 0x188)));
    const holder = signer === "vcek" ? { chipId: hierarchy.chipId() } : { cspId: "CN=csp.simulated.invalid" };
    const leaf = hierarchy.issue(simulatedInstant, tcb, holder, { trailerField });
    expect(derShape(leaf)).toEqual(derShape(vector("reports", `${file}.vek.der`)));
  });
});
