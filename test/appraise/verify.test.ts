// Is every way in which a report is not genuine found, with its own code, and are all of them told at once?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { bindReport, verifyReport } from "../../core/appraise/verify.ts";
import type { VerifyInput } from "../../core/appraise/verify.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { encodeReport } from "../../core/snp/report-encode.ts";
import type { Product } from "../../core/snp/product.ts";
import { products } from "../../core/snp/product.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { needsVectors, vector } from "../kit/vectors.ts";
import { boundReport, reportData, verifyInput } from "./kit.ts";

describe("the published pairs", needsVectors(), () => {
  const today = Date.UTC(2026, 10, 24);
  test.each([
    ["milan-v2-debug", "Milan", today, []],
    ["milan-v2", "Milan", today, []],
    ["milan-v3", undefined, today, []],
    ["genoa-v3", undefined, today, []],
    ["turin-v5", undefined, today, []],
    ["vlek-milan-v3-vmpl1", undefined, Date.UTC(2025, 5, 1), []],
    ["vlek-milan-v3-vmpl1", undefined, today, ["endorse.certificate-expired"]],
    ["milan-v2", undefined, today, ["appraise.product-unknown"]],
    ["milan-v2", "Genoa", today, ["appraise.vek-product", "endorse.vek-issuer"]],
    // Its upper bytes fit no Turin layout.
    ["milan-v2", "Turin", today, [...Array.from({ length: 4 }, () => "snp.tcb-reserved"), "appraise.vek-product", "endorse.vek-issuer"]],
    ["milan-v3", "Genoa", today, ["appraise.product-mismatch"]],
    [
      "wrong-chip-milan-v3",
      undefined,
      today,
      ["appraise.report-signature", "appraise.vek-product", "appraise.chip-id", "endorse.vek-issuer"],
    ],
    [
      "forged-vcek-milan-v2",
      "Milan",
      today,
      ["appraise.report-signature", "appraise.vek-tcb", "appraise.chip-id", "endorse.vek-signature"],
    ],
  ] as const)("%s, stated %s, at %d: %j", (name, product, at, codes) => {
    expect(codesOf(realInput(name, at, product))).toEqual(codes);
  });

  test("every flipped bit of the signed part, and of the signature, is found", () => {
    const input = realInput("milan-v3", today, undefined);
    for (let offset = 0; offset < 0x2a0 + 144; offset += 3) {
      const reportBytes = input.reportBytes.slice();
      reportBytes[offset] = (reportBytes[offset] ?? 0) ^ (1 << (offset & 7));
      expect([offset, verifyReport({ ...input, reportBytes }).genuine]).toEqual([offset, false]);
    }
  });

  function realInput(name: string, at: number, product: Product | undefined): VerifyInput {
    const names = products.flatMap((p) => [`ARK-${p}`, `SEV-${p}`, `SEV-VLEK-${p}`]);
    const issuers = names.map((issuer) => vector("amd-roots", `${issuer}.der`));
    return {
      reportBytes: vector("reports", `${name}.report.bin`),
      endorsements: must(parseEndorsements({ vek: vector("reports", `${name}.vek.der`), issuers, crls: [] })),
      anchors: amdAnchors,
      at,
      revocation: { waived: "no list is published with the vectors" },
      primitives: nodePrimitives,
      ...(product === undefined ? {} : { product }),
    };
  }
});

describe("a simulated report", () => {
  test.each(products)("%s is genuine, simulated, and carries what was verified", async (product) => {
    const verification = verifyReport(await verifyInput({ product }));
    expect(verification).toMatchObject({ genuine: true, product, signer: "vcek", simulated: true });
    expect(verification.genuine && verification.report).toMatchObject({
      at: simulatedInstant,
      revocation: { list: { thisUpdate: expect.any(Number) as number, inGrace: false } },
      tcb: { reported: { product } },
    });
  });

  test("host-requested, unknown and all other privilege levels", async () => {
    const at = async (vmpl: number) => codesOf(await verifyInput({ request: { vmpl } }));
    expect(await at(0)).toEqual([]);
    expect(await at(3)).toEqual([]);
    expect(await at(4)).toEqual(["appraise.vmpl-unknown"]);
    expect(await at(0xffff_fffe)).toEqual(["appraise.vmpl-unknown"]);
    expect(await at(0xffff_ffff)).toEqual(["appraise.host-requested"]);
  });

  test("a masked chip key: unsigned, and both codes say why", async () => {
    expect(codesOf(await verifyInput({ chip: { maskChipKey: true } }))).toEqual(["appraise.report-unsigned", "appraise.chip-key-masked"]);
  });

  test("MASK_CHIP_KEY is refused even where a signature is there", async () => {
    expect(codesOf(await verifyInput({ request: { overrides: { maskChipKey: true } } }))).toEqual(["appraise.chip-key-masked"]);
  });

  test("a masked chip id under a VCEK, and never taken for any chip", async () => {
    expect(codesOf(await verifyInput({ chip: { maskChipId: true } }))).toEqual(["appraise.chip-id-masked"]);
    expect(codesOf(await verifyInput({ request: { signer: "vlek" } }))).toEqual([]);
  });

  test("another chip's certificate", async () => {
    const chipId = new Uint8Array(64).fill(9);
    expect(codesOf(await verifyInput({ request: { overrides: { chipId } } }))).toEqual(["appraise.chip-id"]);
  });

  test("on Turin the rest of CHIP_ID must be zero", async () => {
    const input = await verifyInput({ product: "Turin" });
    const chipId = input.reportBytes.slice(0x1a0, 0x1e0);
    chipId[63] = 1;
    expect(codesOf(await verifyInput({ product: "Turin", request: { overrides: { chipId } } }))).toEqual(["appraise.chip-id"]);
  });

  test("a key kind that is not the certificate's", async () => {
    const vlek = await verifyInput({ request: { signer: "vlek" } });
    const vcek = await verifyInput();
    expect(codesOf({ ...vcek, endorsements: vlek.endorsements })).toEqual([
      "appraise.report-signature",
      "appraise.signer-mismatch",
      "endorse.vek-issuer",
    ]);
    const relabelled = await verifyInput({ request: { overrides: { signingKey: "vlek" } } });
    expect(codesOf(relabelled)).toEqual(["appraise.signer-mismatch", "endorse.vek-issuer"]);
  });

  test("each TCB component of the certificate must be the reported one", async () => {
    for (const name of ["blSPL", "teeSPL", "snpSPL", "ucodeSPL"] as const) {
      const leaf = { overrides: { [name]: Uint8Array.of(2, 1, 0x7e) } };
      expect([name, codesOf(await verifyInput({ leaf }))]).toEqual([name, ["appraise.vek-tcb"]]);
    }
    expect(codesOf(await verifyInput({ product: "Turin", leaf: { overrides: { fmcSPL: Uint8Array.of(2, 1, 0x7e) } } }))).toEqual([
      "appraise.vek-tcb",
    ]);
  });

  test("a TCB in another product's layout", async () => {
    const currentTcb = Uint8Array.of(1, 1, 1, 4, 0, 0, 0, 0x51);
    expect(codesOf(await verifyInput({ request: { overrides: { currentTcb } } }))).toEqual(["snp.tcb-reserved"]);
  });

  test("an unknown processor", async () => {
    const cpuid = { family: 0x1a, model: 0x50, stepping: 0 };
    expect(codesOf(await verifyInput({ request: { overrides: { cpuid } } }))).toEqual(["appraise.processor-unknown"]);
  });

  test("a Milan chip that claims to be Genoa is judged by Genoa's roots", async () => {
    const cpuid = { family: 0x19, model: 0x11, stepping: 1 };
    expect(codesOf(await verifyInput({ request: { overrides: { cpuid } } }))).toEqual([
      "appraise.vek-product",
      "endorse.product-not-anchored",
    ]);
  });

  test.each([
    ["ask-revoked", ["endorse.issuer-revoked"]],
    ["ark-revoked", ["endorse.issuer-revoked"]],
    ["asvk-revoked", []],
    ["stale", ["endorse.crl-expired"]],
    ["not-yet-valid", ["endorse.crl-not-yet-valid"]],
    ["wrong-issuer", ["endorse.revocation-unavailable"]],
    ["wrong-signature", ["endorse.crl-signature"]],
  ] as const)("revocation list %s: %j", async (crl, codes) => {
    expect(codesOf(await verifyInput({ crl }))).toEqual(codes);
  });

  test("no revocation list is a failure, unless waived, and then the report says so", async () => {
    const input = await verifyInput();
    const without = { ...input, endorsements: { ...input.endorsements, crls: [] } };
    expect(codesOf(without)).toEqual(["endorse.revocation-unavailable"]);
    const verification = verifyReport({ ...without, revocation: { waived: "air-gapped" } });
    expect(verification.genuine && verification.report.revocation).toEqual({ waived: "air-gapped" });
  });

  test("a clock before the certificates", async () => {
    expect(new Set(codesOf({ ...(await verifyInput()), at: 0 }))).toEqual(
      new Set(["endorse.certificate-not-yet-valid", "endorse.crl-not-yet-valid"]),
    );
  });

  test("independent failures are told together", async () => {
    const input = await verifyInput({
      request: { vmpl: 9 },
      chip: { maskChipId: true },
      crl: "stale",
      leaf: { overrides: { blSPL: Uint8Array.of(2, 1, 99) } },
    });
    expect(codesOf(input)).toEqual(["appraise.vmpl-unknown", "appraise.vek-tcb", "appraise.chip-id-masked", "endorse.crl-expired"]);
  });

  test("bytes that are no report", async () => {
    const input = await verifyInput();
    expect(codesOf({ ...input, reportBytes: input.reportBytes.subarray(1) })).toEqual(["snp.report-length"]);
    expect(codesOf({ ...input, reportBytes: encodeReport({ version: 4 }) })).toEqual(["snp.report-version"]);
  });

  test("the same input gives the same answer", async () => {
    const input = await verifyInput({ crl: "stale" });
    expect(verifyReport(input)).toEqual(verifyReport(input));
  });
});

describe("binding", () => {
  test("each bit of the expected value counts", async () => {
    const verification = verifyReport(await verifyInput());
    if (!verification.genuine) throw new Error("not genuine");
    expect(bindReport(verification.report, reportData).ok).toBe(true);
    for (let offset = 0; offset < 64; offset++) {
      const other = reportData.slice();
      other[offset] = (other[offset] ?? 0) ^ 1;
      expect(bindReport(verification.report, other)).toMatchObject({ ok: false, failure: { code: "appraise.report-data" } });
    }
  });

  test("an expectation that is missing is a bug of ours, not a match", async () => {
    const verification = verifyReport(await verifyInput({ request: { reportData: new Uint8Array(64) } }));
    if (!verification.genuine) throw new Error("not genuine");
    for (const length of [0, 63, 64, 65])
      expect(() => bindReport(verification.report, new Uint8Array(length))).toThrow("no expected report data");
  });

  test("what is bound is the report that was verified", async () => {
    const bound = await boundReport();
    expect(toHex(bound.report.reportData)).toBe(toHex(reportData));
  });
});

function codesOf(input: VerifyInput): string[] {
  const verification = verifyReport(input);
  return verification.genuine ? [] : verification.failures.map(({ code }) => code);
}
