// Mistakes 4 and 5 of real verifiers: a root that came with the evidence is believed, and a certificate's time is nobody's business.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { certificateValidity } from "../../core/endorse/chain.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { makeAuthorities } from "../../core/simulator/authority.ts";
import { Hierarchy } from "../../core/simulator/hierarchy.ts";
import { SimulatedProcessor } from "../../core/simulator/processor.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { products } from "../../core/snp/product.ts";
import { reportData, verifyInput } from "../appraise/kit.ts";
import { seededRandom } from "../kit/memory-ports.ts";
import { simulatedHierarchy, simulatedInstant, stoppedClock } from "../kit/simulated.ts";
import { needsVectors } from "../kit/vectors.ts";
import { codesOf, codesWith, published, today, vlekDay } from "./kit.ts";
import type { VerifyInput } from "../../core/appraise/verify.ts";

describe("mistake 4: the root (ARK) is believed that came from the key service or with the evidence", () => {
  test("a whole hierarchy of somebody else's, sound in itself and named like the right one", async () => {
    const impostor = await impostorInput();
    const { anchors } = await verifyInput();
    expect(codesOf({ ...impostor, anchors })).toEqual(["endorse.root-not-pinned"]);
    expect(codesOf({ ...impostor, anchors: amdAnchors })).toEqual(["endorse.root-not-pinned"]);
  });

  test("the same beside the genuine chain: the pin picks the root, and the impostor's leaf has no issuer", async () => {
    const impostor = await impostorInput();
    const genuine = await verifyInput();
    const issuers = [...impostor.endorsements.issuers, ...genuine.endorsements.issuers];
    const crls = [...impostor.endorsements.crls, ...genuine.endorsements.crls];
    expect(codesOf({ ...genuine, endorsements: { ...genuine.endorsements, issuers, crls } })).toEqual([]);
    expect(codesOf({ ...impostor, anchors: genuine.anchors, endorsements: { ...impostor.endorsements, issuers, crls } })).toEqual([
      "endorse.vek-signature",
    ]);
  });

  test("no root at all", async () => {
    const input = await verifyInput();
    const issuers = input.endorsements.issuers.filter(({ subjectName }) => !subjectName.startsWith("ARK"));
    expect(codesOf({ ...input, endorsements: { ...input.endorsements, issuers } })).toEqual(["endorse.root-missing"]);
  });

  test("a product without a pin has no root", async () => {
    const { anchors } = await verifyInput();
    expect(await codesWith({ product: "Genoa" }, { anchors })).toEqual(["endorse.product-not-anchored"]);
  });
});

describe("mistake 5: a signature holds, and nobody looks at the certificate's dates", () => {
  const second = 1000;

  test("a leaf, to the second", async () => {
    const leaf = { notBefore: simulatedInstant, notAfter: simulatedInstant + 10 * second };
    const at = async (seconds: number) => codesWith({ leaf }, { at: simulatedInstant + seconds * second });
    expect([await at(-1), await at(0), await at(10), await at(11)]).toEqual([
      ["endorse.certificate-not-yet-valid"],
      [],
      [],
      ["endorse.certificate-expired"],
    ]);
  });

  test("issuer and root too, and a clock that is none", async () => {
    const waived = { revocation: { waived: "its own dates are another mistake" } } as const;
    for (const product of products) {
      const leaf = { notBefore: 0, notAfter: Date.UTC(2060, 0, 1) };
      // Both authorities of the simulated hierarchies run from 2020 to 2045.
      expect(await codesWith({ product, leaf }, { ...waived, at: Date.UTC(2046, 0, 1) })).toEqual([
        "endorse.certificate-expired",
        "endorse.certificate-expired",
      ]);
      expect(await codesWith({ product, leaf }, { ...waived, at: Date.UTC(2019, 0, 1) })).toEqual([
        "endorse.certificate-not-yet-valid",
        "endorse.certificate-not-yet-valid",
      ]);
      expect(new Set(await codesWith({ product, leaf }, { ...waived, at: Number.NaN }))).toEqual(
        new Set(["endorse.certificate-not-yet-valid"]),
      );
    }
  });

  test("AMD's VLEK of 2025 was good then, and is not now", needsVectors(), () => {
    expect(codesOf(published("vlek-milan-v3-vmpl1", vlekDay))).toEqual([]);
    expect(codesOf(published("vlek-milan-v3-vmpl1", today))).toEqual(["endorse.certificate-expired"]);
  });

  test("the question itself answers with a code for each side", async () => {
    const ark = must(parseCertificate((await simulatedHierarchy()).authorities.ark.certificate));
    const codes = [ark.notBefore - 1, ark.notBefore, ark.notAfter, ark.notAfter + 1].map((at) =>
      certificateValidity(ark, at).map(({ code }) => code),
    );
    expect(codes).toEqual([["endorse.certificate-not-yet-valid"], [], [], ["endorse.certificate-expired"]]);
  });
});

/** Genoa's keys under Milan's names: another AMD, complete, with a chip of its own and a list of its own. */
async function impostorInput(): Promise<VerifyInput> {
  const { authorities, crypto } = await simulatedHierarchy("Genoa");
  const keys = { ark: authorities.ark.key, ask: authorities.ask.key, asvk: authorities.asvk.key };
  const secret = new Uint8Array(32).fill(1);
  const hierarchy = new Hierarchy({ product: "Milan", authorities: makeAuthorities("Milan", keys, crypto), secret, crypto });
  const processor = new SimulatedProcessor({ hierarchy, random: seededRandom("impostor"), clock: stoppedClock() });
  const raw = {
    vek: processor.vek(),
    issuers: Object.values(hierarchy.authorities).map(({ certificate }) => certificate),
    crls: [revocationList(hierarchy, simulatedInstant)],
  };
  return {
    ...(await verifyInput()),
    reportBytes: processor.launch().report({ reportData }),
    endorsements: must(parseEndorsements(raw)),
  };
}
