// Do `report decode` and `report verify` answer as the published vectors say, in the promised form?
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concat, toBase64 } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { decodeReport } from "../../core/cli/report/decode.ts";
import { verifyReportFiles } from "../../core/cli/report/verify.ts";
import type { ReportFiles, VerifyOptions } from "../../core/cli/report/verify.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { encodeReport } from "../../core/snp/report-encode.ts";
import { products } from "../../core/snp/product.ts";
import type { Product } from "../../core/snp/product.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { missingVectors, needsVectors, vector, vectors } from "../kit/vectors.ts";

interface Expected {
  readonly name: string;
  readonly product: string;
  readonly signatureValid: boolean;
  readonly chainToArk: boolean;
  readonly fields: Readonly<Record<string, string | number>>;
}
const expected: Expected[] = missingVectors() ? [] : (JSON.parse(readFileSync(vectors("reports", "expected.json"), "utf8")) as Expected[]);

describe("decode", needsVectors(), () => {
  test.each(expected)("$name", ({ name, fields }) => {
    const decoded = must(decodeReport(vector("reports", `${name}.report.bin`)));
    const same = ["version", "guestSvn", "vmpl", "measurement", "hostData", "reportData", "familyId", "imageId", "chipId", "idKeyDigest"];
    const others = ["authorKeyDigest", "reportId", "reportIdMa", "currentVersion", "committedVersion"];
    for (const field of [...same, ...others]) expect([field, decoded[field as keyof typeof decoded]]).toEqual([field, fields[field]]);
    expect([decoded.policy.raw, decoded.platformInfo.raw]).toEqual([fields["policy"], fields["platformInfo"]]);
    expect(decoded.signer).toBe(name.startsWith("vlek") ? "vlek" : "vcek");
    expect(decoded.note === undefined).toBe(fields["version"] !== 2);
    // It is JSON: no bytes, no bigint.
    expect(JSON.parse(JSON.stringify(decoded))).toEqual(decoded);
  });

  test("a TCB has its product's components", () => {
    expect(must(decodeReport(vector("reports", "milan-v3.report.bin"))).reportedTcb).toEqual({
      bootloader: 4,
      tee: 0,
      snp: 24,
      microcode: 219,
    });
    expect(must(decodeReport(vector("reports", "turin-v5.report.bin"))).reportedTcb).toEqual({
      fmc: 1,
      bootloader: 1,
      tee: 1,
      snp: 4,
      microcode: 81,
    });
  });

  test("every policy and platform bit has its name", () => {
    const { policy, platformInfo, launchMitVector } = must(decodeReport(vector("reports", "turin-v5.report.bin")));
    expect(policy).toMatchObject({ abiMinor: 31, abiMajor: 0, smt: true, debug: false, migrateMa: false, singleSocket: false });
    expect(platformInfo).toMatchObject({
      smtEn: true,
      tsmeEn: false,
      eccEn: true,
      aliasCheckComplete: true,
      iommuWriteSafe: true,
      unknownBits: "0x0",
    });
    expect(launchMitVector).toBe("0x3f");
    expect(must(decodeReport(vector("reports", "milan-v2-debug.report.bin"))).policy.debug).toBe(true);
  });

  test("what cannot be decoded has its code", () => {
    const v2 = vector("reports", "milan-v2.report.bin");
    expect(decodeReport(v2.subarray(1))).toMatchObject({ failure: { code: "snp.report-length" } });
    expect(decodeReport(v2, { product: "Turin" })).toMatchObject({ failure: { code: "snp.tcb-reserved" } });
    expect(decodeReport(vector("reports", "milan-v3.report.bin"), { product: "Turin" })).toMatchObject({
      failure: { code: "appraise.product-mismatch" },
    });
    expect(decodeReport(encodeReport({ cpuid: { family: 0x1a, model: 0x50, stepping: 0 } }))).toMatchObject({
      failure: { code: "appraise.processor-unknown" },
    });
  });
});

describe("verify", needsVectors(), () => {
  test.each(expected)("$name, with the chain of its product", ({ name, product, signatureValid, chainToArk }) => {
    const line = product.replace("VLEK-", "");
    const own = name.startsWith("vlek")
      ? { at: Date.UTC(2025, 5, 1), chain: ["ARK-Milan", "SEV-VLEK-Milan"] }
      : { at: today, chain: [`ARK-${line}`, `SEV-${line}`] };
    const verdict = verify(filesOf(name, own.chain), { at: own.at });
    expect(verdict).toMatchObject({ genuine: signatureValid && chainToArk, product: line, revocation: "not-checked" });
    expect(verdict.signer).toBe(name.startsWith("vlek") ? "vlek" : "vcek");
    expect(verdict.failures.length > 0).toBe(!verdict.genuine);
    for (const { code, message } of verdict.failures) expect([code, message.length > 40]).toEqual([code, true]);
  });

  test("the VLEK pair has expired today", () => {
    expect(codes(verify(filesOf("vlek-milan-v3-vmpl1", ["ARK-Milan", "SEV-VLEK-Milan"])))).toEqual(["endorse.certificate-expired"]);
  });

  test("with every chain of AMD's, version 2 needs its product said", () => {
    const all = products.flatMap((p) => [`ARK-${p}`, `SEV-${p}`, `SEV-VLEK-${p}`]);
    expect(codes(verify(filesOf("milan-v2", all)))).toEqual(["appraise.product-unknown"]);
    expect(verify(filesOf("milan-v2", all), { product: "Milan" })).toMatchObject({ genuine: true, product: "Milan" });
    expect(codes(verify(filesOf("milan-v2", all), { product: "Genoa" }))).toContain("endorse.vek-issuer");
    expect(codes(verify(filesOf("milan-v2", [])))).toContain("appraise.product-unknown");
    // Version 3 says it itself.
    expect(verify(filesOf("milan-v3", all)).genuine).toBe(true);
  });

  test("chain files may be one PEM bundle, ASK first, as AMD publishes them", () => {
    const bundle = concat(pem(vector("amd-roots", "SEV-Genoa.der")), pem(vector("amd-roots", "ARK-Genoa.der")));
    const files = { ...filesOf("genoa-v3", []), vek: pem(vector("reports", "genoa-v3.vek.der")), chain: [bundle] };
    expect(verify(files)).toEqual({ genuine: true, product: "Genoa", signer: "vcek", failures: [], revocation: "not-checked" });
  });

  test("certificates that cannot be read are no answer at all; a report that cannot be read is a no", () => {
    const files = filesOf("milan-v3", ["ARK-Milan", "SEV-Milan"]);
    const options = { at: today, primitives: nodePrimitives };
    expect(verifyReportFiles({ ...files, vek: utf8("x") }, options)).toMatchObject({ failure: { code: "endorse.certificate-malformed" } });
    expect(verifyReportFiles({ ...files, crls: [utf8("x")] }, options)).toMatchObject({ failure: { code: "endorse.crl-malformed" } });
    expect(verify({ ...files, report: files.report.subarray(4) })).toMatchObject({ genuine: false, product: null, signer: null });
  });

  const today = Date.UTC(2026, 10, 24);

  function verify(files: ReportFiles, options: { at?: number; product?: Product } = {}) {
    return must(verifyReportFiles(files, { at: today, primitives: nodePrimitives, ...options }));
  }

  function filesOf(name: string, chain: readonly string[]): ReportFiles {
    return {
      report: vector("reports", `${name}.report.bin`),
      vek: vector("reports", `${name}.vek.der`),
      chain: chain.map((issuer) => vector("amd-roots", `${issuer}.der`)),
      crls: [],
    };
  }
});

describe("verify with a revocation list", () => {
  test.each([
    ["empty", []],
    ["ask-revoked", ["endorse.issuer-revoked"]],
    ["stale", ["endorse.crl-expired"]],
    ["wrong-issuer", ["endorse.revocation-unavailable"]],
  ] as const)("%s: %j", async (kind, failures) => {
    const hierarchy = await simulatedHierarchy();
    const processor = await simulatedProcessor();
    const files = {
      report: processor.launch().report({ reportData: new Uint8Array(64) }),
      vek: processor.vek(),
      chain: Object.values(hierarchy.authorities).map(({ certificate }) => certificate),
      crls: [revocationList(hierarchy, simulatedInstant, kind)],
    };
    const options: VerifyOptions = { at: simulatedInstant, primitives: nodePrimitives, anchors: trustAnchorsOf([hierarchy]) };
    const verdict = must(verifyReportFiles(files, options));
    expect([codes(verdict), verdict.revocation]).toEqual([failures, "checked"]);
  });
});

function codes(verdict: { readonly failures: readonly { readonly code: string }[] }): string[] {
  return verdict.failures.map(({ code }) => code);
}

function pem(der: Uint8Array): Uint8Array {
  return utf8(`-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`);
}
