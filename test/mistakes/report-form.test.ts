// Mistakes 10 and 11 of real verifiers: versions and bits that firmware brings are refused or guessed at, and what was signed is written
// anew before it is hashed.
import { describe, expect, test } from "vitest";
import { labPreset, presets } from "../../core/appraise/presets.ts";
import { must } from "../../core/base/result.ts";
import { parseReport, signedLength } from "../../core/snp/report.ts";
import { products } from "../../core/snp/product.ts";
import { verifyInput } from "../appraise/kit.ts";
import { needsVectors, vector } from "../kit/vectors.ts";
import { codesOf, codesWith, failedIn, judged, published } from "./kit.ts";

describe("mistake 10: a firmware update's report is refused, or an unknown one accepted", () => {
  test.each(products)(
    "versions 3 and 5 on %s pass under every preset; 2 needs a stated product, and an owner who accepts it",
    async (product) => {
      for (const reportVersion of [3, 5] as const) {
        const input = await verifyInput({ product, chip: { reportVersion } });
        for (const preset of Object.values(presets)) expect(failedIn(judged(input, preset.policy({})))).not.toContain("report-version");
      }
      const second = { product, chip: { reportVersion: 2 } } as const;
      expect(await codesWith(second)).toEqual(["appraise.product-unknown"]);
      const input = { ...(await verifyInput(second)), product };
      expect(failedIn(judged(input, labPreset()))).toContain("report-version");
      const { checks, ...policy } = labPreset();
      expect(failedIn(judged(input, { ...policy, checks: { ...checks, reportVersion: { require: { minimum: 2 } } } }))).not.toContain(
        "report-version",
      );
    },
  );

  test.each([0, 1, 4, 6, 7, 0xffff_ffff])(
    "version %d, whose layout nobody here knows, is refused before anything else",
    async (version) => {
      expect(await codesWith({ request: { overrides: { version } } })).toEqual(["snp.report-version"]);
    },
  );

  test("the real reports of versions 2, 3 and 5 are genuine", needsVectors(), () => {
    expect(codesOf(published("milan-v2", undefined, "Milan"))).toEqual([]);
    for (const name of ["milan-v3", "genoa-v3", "turin-v5"]) expect(codesOf(published(name))).toEqual([]);
  });

  test("the real Turin sets PLATFORM_INFO bit 6, which was reserved once: no preset refuses it for that", needsVectors(), () => {
    const report = must(parseReport(vector("reports", "turin-v5.report.bin")));
    expect(report.platformInfo).toMatchObject({ iommuWriteSafe: true, unknownBits: 0n });
    for (const name of ["standard", "lab"] as const) {
      expect(failedIn(judged(published("turin-v5"), presets[name].policy({})))).not.toContain("platform");
    }
  });

  test("a bit that has no name yet is shown, and refused by the policy alone", async () => {
    const input = await verifyInput({ chip: { platformInfo: 0x25n | (1n << 8n) } });
    expect(codesOf(input)).toEqual([]);
    const platform = judged(input, presets.standard.policy({})).find(({ id }) => id === "platform");
    expect(platform?.verdict).toBe("fail");
    expect(platform?.actual).toContain("bit 8");
  });
});

describe("mistake 11: the report is taken apart and written anew before it is hashed, so that unknown bits are lost", () => {
  test("every bit of the signed part is under the signature, known or not", async () => {
    for (const product of products) {
      const input = await verifyInput({ product, chip: { reportVersion: 5 } });
      for (let offset = 0; offset < signedLength; offset++) {
        const reportBytes = input.reportBytes.slice();
        reportBytes[offset] = (reportBytes[offset] ?? 0) ^ (1 << (offset % 8));
        expect([offset, codesOf({ ...input, reportBytes }).length > 0]).toEqual([offset, true]);
      }
    }
  });

  test("a bit that has no name here, set by the processor, is signed and stays", async () => {
    for (let bit = 8n; bit < 64n; bit++) {
      const input = await verifyInput({ chip: { platformInfo: 0x25n | (1n << bit) } });
      expect(codesOf(input)).toEqual([]);
      // And taken away, it is missed.
      const reportBytes = input.reportBytes.slice();
      new DataView(reportBytes.buffer).setBigUint64(0x40, 0x25n, true);
      expect(codesOf({ ...input, reportBytes })).toEqual(["appraise.report-signature"]);
    }
  });

  test("what is kept is what was received, not what was read", async () => {
    const { reportBytes } = await verifyInput({ product: "Turin" });
    const report = must(parseReport(reportBytes));
    expect(report.raw).toEqual(reportBytes);
    reportBytes.fill(0);
    expect(report.raw.subarray(0, 4)).toEqual(Uint8Array.of(5, 0, 0, 0));
  });
});
