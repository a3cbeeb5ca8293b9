// Mistake 3 of real verifiers: revocation lists that are not there, not current, of somebody else, or asked about the wrong certificate.
import { describe, expect, test } from "vitest";
import { verifyReport } from "../../core/appraise/verify.ts";
import { must } from "../../core/base/result.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { parseCrl } from "../../core/endorse/crl.ts";
import { checkRevocation } from "../../core/endorse/revocation.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { products } from "../../core/snp/product.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { codesWith, codesWithLists } from "./kit.ts";

describe("mistake 3: the revocation list is absent, out of date, of another product, or looked at for the leaf alone", () => {
  test("without a list nothing is genuine", async () => {
    for (const product of products) expect(await codesWithLists({ product })).toEqual(["endorse.revocation-unavailable"]);
  });

  test("a list of another product is no list", async () => {
    const lists = await Promise.all(products.map(async (one) => revocationList(await simulatedHierarchy(one), simulatedInstant)));
    const [milan, genoa, turin] = lists;
    if (milan === undefined || genoa === undefined || turin === undefined) throw new Error("no lists");
    expect(await codesWithLists({ product: "Milan" }, genoa, turin)).toEqual(["endorse.revocation-unavailable"]);
    expect(await codesWithLists({ product: "Turin" }, milan, genoa)).toEqual(["endorse.revocation-unavailable"]);
    expect(await codesWithLists({ product: "Milan" }, genoa, milan)).toEqual([]);
  });

  test("the issuer and the root are asked about: a leaf's serial is 0 and never listed", async () => {
    for (const product of products) {
      for (const crl of ["ask-revoked", "ark-revoked"] as const)
        expect(await codesWith({ product, crl })).toEqual(["endorse.issuer-revoked"]);
      for (const crl of ["asvk-revoked", "ark-revoked"] as const)
        expect(await codesWith({ product, crl, request: { signer: "vlek" } })).toEqual(["endorse.issuer-revoked"]);
      expect(await codesWith({ product, crl: "leaf-revoked" })).toEqual([]);
    }
    const { holder, sentence } = await toldOf();
    expect(holder).toBe(0n);
    expect(sentence).toContain("every leaf has serial 0");
  });

  test("both of a list's times count, and no clock is no time", async () => {
    expect(await codesWith({ crl: "stale" })).toEqual(["endorse.crl-expired"]);
    expect(await codesWith({ crl: "not-yet-valid" })).toEqual(["endorse.crl-not-yet-valid"]);
    const { ark, ask } = (await simulatedHierarchy()).authorities;
    const ends = { ark: must(parseCertificate(ark.certificate)), issuer: must(parseCertificate(ask.certificate)) };
    const crls = [must(parseCrl(revocationList(await simulatedHierarchy(), simulatedInstant)))];
    const checked = checkRevocation({ crls, ...ends, at: Number.NaN, primitives: nodePrimitives });
    expect(checked).toMatchObject({ ok: false, failure: { code: "endorse.crl-not-yet-valid" } });
  });

  test("a list without end, or one that only adds to another, is none", async () => {
    for (const kind of ["no-next-update", "delta"] as const) {
      const list = revocationList(await simulatedHierarchy(), simulatedInstant, kind);
      expect(parseCrl(list)).toMatchObject({ ok: false, failure: { code: "endorse.crl-malformed" } });
    }
  });

  test("the root signs it, nobody else", async () => {
    expect(await codesWith({ crl: "wrong-signature" })).toEqual(["endorse.crl-signature"]);
    expect(await codesWith({ crl: "signed-by-ask" })).toEqual(["endorse.crl-signature"]);
    expect(await codesWith({ crl: "wrong-issuer" })).toEqual(["endorse.revocation-unavailable"]);
  });

  test("only the owner's written word leaves it out, and only the owner's hours of grace stretch it; both show", async () => {
    const stale = await verifyInput({ crl: "stale" });
    const verification = verifyReport({ ...stale, revocation: { waived: "no network in the bunker" } });
    expect(verification.genuine && verification.report.revocation).toEqual({ waived: "no network in the bunker" });
    // The list ran out a day ago.
    const graced = async (graceHours: number) => codesWith({ crl: "stale" }, { revocation: { require: { graceHours } } });
    expect([await graced(23), await graced(24)]).toEqual([["endorse.crl-expired"], []]);
    const report = await boundReport({ crl: "stale" }, { revocation: { require: { graceHours: 24 } } });
    expect(checkOf(appraiseWith(report, { checks: { revocation: { require: { graceHours: 24 } } } }), "revocation").signal).toBeDefined();
  });
});

async function toldOf(): Promise<{ readonly holder: bigint; readonly sentence: string }> {
  const report = await boundReport();
  return { holder: report.vek.certificate.serial, sentence: checkOf(appraiseWith(report), "revocation").sentence };
}
