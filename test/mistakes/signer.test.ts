// Mistakes 1 and 8 of real verifiers: whose key is it, and which chip? A provider's key is not a chip's, and zeros are not "any chip".
import { describe, expect, test } from "vitest";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import { ia5String } from "../../core/simulator/der.ts";
import { products } from "../../core/snp/product.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import { needsVectors } from "../kit/vectors.ts";
import { codesOf, codesWith, failedIn, judged, published, vlekDay } from "./kit.ts";

describe("mistake 1: a provider's key (VLEK) passes for a chip's own (VCEK)", () => {
  test.each(products)("a VLEK report on %s that calls itself signed by a VCEK", async (product) => {
    const { reportBytes } = await verifyInput({ product });
    const chipId = reportBytes.slice(0x1a0, 0x1e0);
    const request = { signer: "vlek", overrides: { signingKey: "vcek", chipId } } as const;
    expect(await codesWith({ product, request })).toEqual(["appraise.signer-mismatch", "endorse.vek-issuer"]);
  });

  test("a VLEK that is named like a VCEK, or carries a chip's id", async () => {
    const vlek = { request: { signer: "vlek" } } as const;
    expect(await codesWith({ ...vlek, leaf: { subject: "SEV-VCEK" } })).toEqual(["endorse.vek-kind"]);
    expect(await codesWith({ ...vlek, leaf: { overrides: { hwId: new Uint8Array(64).fill(1) } } })).toEqual(["endorse.vek-kind"]);
  });

  test("a VCEK without hwID, or with a provider's name, speaks for no chip", async () => {
    expect(await codesWith({ leaf: { overrides: { hwId: null } } })).toEqual(["endorse.vek-kind"]);
    expect(await codesWith({ leaf: { overrides: { cspId: ia5String("CN=somebody") } } })).toEqual(["endorse.vek-kind"]);
  });

  test("every preset refuses a VLEK", async () => {
    const input = await verifyInput({ request: { signer: "vlek" } });
    for (const name of presetNames) expect(failedIn(judged(input, presets[name].policy({})))).toContain("signer");
  });

  test("AMD's own VLEK report is genuine, and refused by every preset", needsVectors(), () => {
    const input = published("vlek-milan-v3-vmpl1", vlekDay);
    for (const name of presetNames) expect(failedIn(judged(input, presets[name].policy({})))).toContain("signer");
  });
});

describe("mistake 8: a masked CHIP_ID (zeros) is compared loosely, or not at all", () => {
  test("under a VCEK it is refused", async () => {
    for (const product of products) expect(await codesWith({ product, chip: { maskChipId: true } })).toEqual(["appraise.chip-id-masked"]);
  });

  test("also where the certificate's own id is zeros", async () => {
    const zeros = new Uint8Array(64);
    expect(await codesWith({ chip: { chipId: zeros } })).toEqual(["appraise.chip-id-masked"]);
  });

  test("it is on no list of chips, whatever the list says", async () => {
    const report = await boundReport({ request: { signer: "vlek" } });
    for (const listed of ["00".repeat(64), "ab".repeat(64)]) {
      const result = appraiseWith(report, { checks: { chipId: { require: [listed] } } });
      expect(checkOf(result, "chip-id")).toMatchObject({ verdict: "fail", code: "appraise.chip-not-listed", actual: "masked" });
    }
  });

  test("a masked key (MASK_CHIP_KEY) is another thing, with a code of its own", async () => {
    expect(await codesWith({ request: { overrides: { maskChipKey: true } } })).toEqual(["appraise.chip-key-masked"]);
    const unsigned = await verifyInput({ chip: { maskChipKey: true } });
    expect(codesOf(unsigned)).toEqual(["appraise.report-unsigned", "appraise.chip-key-masked"]);
  });
});
