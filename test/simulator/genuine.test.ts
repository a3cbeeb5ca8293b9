// Does what the simulator makes pass the real verifier, marked as simulated, and never under AMD's pins?
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { verifyReport } from "../../core/appraise/verify.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Signer } from "../../core/snp/report.ts";

const cases = (["Milan", "Genoa", "Turin"] as const).flatMap((product) =>
  ([2, 3, 5] as const).flatMap((version) => (["vcek", "vlek"] as const).map((signer) => [product, version, signer] as const)),
);

describe.each(cases)("%s, version %d, %s", (product, reportVersion, signer) => {
  test("is genuine under the simulated anchors, and says that it is simulated", async () => {
    const input = await inputFor(product, reportVersion, signer);
    expect(verifyReport(input)).toMatchObject({ genuine: true, product, signer, simulated: true });
  });

  test("is not genuine under AMD's", async () => {
    const verdict = verifyReport({ ...(await inputFor(product, reportVersion, signer)), anchors: amdAnchors });
    expect(verdict).toMatchObject({ genuine: false });
    expect(verdict.genuine ? [] : verdict.failures.map(({ code }) => code)).toContain("endorse.root-not-pinned");
  });
});

async function inputFor(product: Product, reportVersion: 2 | 3 | 5, signer: Signer) {
  const hierarchy = await simulatedHierarchy(product);
  const { ark, ask, asvk } = hierarchy.authorities;
  const processor = await simulatedProcessor(product, { reportVersion });
  const raw = {
    vek: processor.vek(signer),
    issuers: [ark, ask, asvk].map(({ certificate }) => certificate),
    crls: [revocationList(hierarchy, simulatedInstant)],
  };
  return {
    reportBytes: processor.launch().report({ reportData: new Uint8Array(64).fill(1), signer }),
    endorsements: must(parseEndorsements(raw)),
    anchors: trustAnchorsOf([hierarchy]),
    at: simulatedInstant,
    product,
    revocation: { require: { graceHours: 0 } },
    primitives: nodePrimitives,
  } as const;
}
