// Can the simulator show what no published report shows, and does the verifier say the right thing of each? One named test for each.
// The kinds of evidence are those of facts that AMD documents and that no public vector has.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { verifyReport } from "../../core/appraise/verify.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { parseVek } from "../../core/endorse/vek.ts";
import { parseCrl } from "../../core/endorse/crl.ts";
import { makeAuthorities } from "../../core/simulator/authority.ts";
import { ia5String, integer } from "../../core/simulator/der.ts";
import { Hierarchy, trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { revocationList, signRevocationList } from "../../core/simulator/revocation-list.ts";
import { products } from "../../core/snp/product.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import type { Choices } from "../appraise/kit.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { codesOf, codesWith, codesWithLists } from "../mistakes/kit.ts";
import type { TrailerField } from "../../core/simulator/certificate.ts";
import type { VekExtensionName } from "../../core/simulator/vek-extensions.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Signer } from "../../core/snp/report.ts";

describe("who signs", () => {
  test.each(["Genoa", "Turin"] as const)("a VLEK on %s", async (product) => {
    const input = await verifyInput({ product, request: { signer: "vlek" } });
    expect(verifyReport(input)).toMatchObject({ genuine: true, product, signer: "vlek" });
    expect(input.endorsements.vek.issuerName).toBe(`SEV-VLEK-${product}`);
  });

  test("a masked CHIP_ID under a VCEK", async () => {
    for (const product of products) expect(await codesWith({ product, chip: { maskChipId: true } })).toEqual(["appraise.chip-id-masked"]);
  });

  test("a masked CHIP_ID under a VLEK, which names no chip", async () => {
    for (const product of products)
      expect(await codesWith({ product, chip: { maskChipId: true }, request: { signer: "vlek" } })).toEqual([]);
  });

  test("MASK_CHIP_KEY: no signature, and no other bit stands for it", async () => {
    expect(await codesWith({ chip: { maskChipKey: true } })).toEqual(["appraise.report-unsigned", "appraise.chip-key-masked"]);
    expect(await codesWith({ request: { overrides: { maskChipKey: true } } })).toEqual(["appraise.chip-key-masked"]);
    expect(await codesWith({ request: { overrides: { signingKey: "none" } } })).toEqual(["appraise.report-unsigned"]);
  });

  test.each([2, 3, 4, 5, 6])("SIGNING_KEY %d, which is reserved", async (signingKey) => {
    expect(await codesWith({ request: { overrides: { signingKey } } })).toEqual(["snp.report-signing-key"]);
  });

  test("a flag above SIGNING_KEY", async () => {
    expect(await codesWith({ request: { patches: [{ offset: 0x48, bytes: Uint8Array.of(0x20) }] } })).toEqual(["snp.report-flags"]);
  });
});

describe("who asks", () => {
  test("the host, at VMPL 0xFFFFFFFF", async () => {
    const host = { vmpl: 0xffff_ffff, reportData: new Uint8Array(64) };
    expect(await codesWith({ request: host })).toEqual(["appraise.host-requested"]);
  });

  test.each([1, 2, 3])("VMPL %d: genuine, and refused by a policy for VMPL 0", async (vmpl) => {
    const report = await boundReport({ request: { vmpl } });
    const judged = (maximum: number) => checkOf(appraiseWith(report, { checks: { vmpl: { require: { maximum } } } }), "vmpl");
    expect(judged(vmpl - 1)).toMatchObject({ verdict: "fail", code: "appraise.vmpl", actual: `VMPL ${vmpl}` });
    expect(judged(vmpl)).toMatchObject({ verdict: "pass" });
  });
});

describe("who vouches for the image", () => {
  const digest = new Uint8Array(48).fill(6);
  const named = { authorKeyDigest: { require: ["06".repeat(48)] } };

  test("an author key, with AUTHOR_KEY_EN", async () => {
    const report = await boundReport({ launch: { authorKeyDigest: digest, idKeyDigest: digest } });
    expect(report.report.authorKeyEn).toBe(true);
    expect(checkOf(appraiseWith(report, { checks: named }), "author-key")).toMatchObject({ verdict: "pass", actual: "06".repeat(48) });
  });

  test("an author digest without AUTHOR_KEY_EN, which says nothing", async () => {
    const report = await boundReport({ request: { overrides: { authorKeyDigest: digest } } });
    expect(checkOf(appraiseWith(report, { checks: named }), "author-key")).toMatchObject({
      verdict: "fail",
      code: "appraise.author-key",
      actual: `${"06".repeat(48)}, not enabled`,
    });
  });

  test("AUTHOR_KEY_EN with another author", async () => {
    const report = await boundReport({ launch: { authorKeyDigest: new Uint8Array(48).fill(7) } });
    expect(checkOf(appraiseWith(report, { checks: named }), "author-key")).toMatchObject({ verdict: "fail", code: "appraise.author-key" });
  });
});

describe("revocation lists", () => {
  test("an empty one", async () => {
    expect(await codesWith({ crl: "empty" })).toEqual([]);
  });

  test.each([
    ["the ASK", "ask-revoked", ["endorse.issuer-revoked"], []],
    ["the ASVK", "asvk-revoked", [], ["endorse.issuer-revoked"]],
    ["the ARK", "ark-revoked", ["endorse.issuer-revoked"], ["endorse.issuer-revoked"]],
  ] as const)("one that revokes %s", async (_who, crl, underVcek, underVlek) => {
    for (const product of products) {
      expect(await codesWith({ product, crl })).toEqual(underVcek);
      expect(await codesWith({ product, crl, request: { signer: "vlek" } })).toEqual(underVlek);
    }
  });

  test("one that names serial 0: every leaf has it, so it names none, and the check says so", async () => {
    expect(await codesWith({ crl: "leaf-revoked" })).toEqual([]);
    const revocation = checkOf(appraiseWith(await boundReport({ crl: "leaf-revoked" })), "revocation");
    expect(revocation.sentence).toContain("serial 0");
  });

  test.each([
    ["has run out", "stale", "endorse.crl-expired"],
    ["is not yet valid", "not-yet-valid", "endorse.crl-not-yet-valid"],
    ["is of another issuer", "wrong-issuer", "endorse.revocation-unavailable"],
    ["has a signature that does not hold", "wrong-signature", "endorse.crl-signature"],
    ["was signed by the ASK in the root's name", "signed-by-ask", "endorse.crl-signature"],
  ] as const)("one that %s", async (_what, crl, code) => {
    for (const product of products) expect(await codesWith({ product, crl })).toEqual([code]);
  });

  test.each([
    ["without nextUpdate", "no-next-update"],
    ["that only adds to another (delta)", "delta"],
  ] as const)("one %s is no list", async (_what, kind) => {
    const list = revocationList(await simulatedHierarchy(), simulatedInstant, kind);
    expect(parseCrl(list)).toMatchObject({ ok: false, failure: { code: "endorse.crl-malformed" } });
  });

  test("another product's", async () => {
    const other = revocationList(await simulatedHierarchy("Genoa"), simulatedInstant);
    expect(await codesWithLists({ product: "Milan" }, other)).toEqual(["endorse.revocation-unavailable"]);
  });

  test("none", async () => {
    expect(await codesWithLists({})).toEqual(["endorse.revocation-unavailable"]);
  });
});

describe("PSS parameters", () => {
  const forms: readonly TrailerField[] = ["explicit", "omitted"];

  test.each(forms)("trailerField %s in the leaf", async (trailerField) => {
    for (const product of products) expect(await codesWith({ product, leaf: { trailerField } })).toEqual([]);
  });

  test.each(forms)("trailerField %s in ARK, ASK and ASVK", async (trailerField) => {
    for (const signer of ["vcek", "vlek"] as const) expect(await codesUnder(trailerField, signer)).toEqual([]);
  });

  test.each(forms)("trailerField %s in the revocation list", async (trailerField) => {
    const { authorities } = await simulatedHierarchy();
    const { name, key } = authorities.ark;
    const times = { thisUpdate: simulatedInstant - 1000, nextUpdate: simulatedInstant + 1000 };
    const fields = { ...times, issuer: name, key, extensions: [{ oid: "2.5.29.20", value: integer(1) }], trailerField };
    expect(await codesWithLists({}, signRevocationList({ ...fields, revoked: [] }))).toEqual([]);
    expect(await codesWithLists({}, signRevocationList({ ...fields, revoked: [authorities.ask.serial] }))).toEqual([
      "endorse.issuer-revoked",
    ]);
  });

  async function codesUnder(trailerField: TrailerField, signer: Signer): Promise<string[]> {
    const { authorities, crypto } = await simulatedHierarchy();
    const keys = { ark: authorities.ark.key, ask: authorities.ask.key, asvk: authorities.asvk.key };
    const again = makeAuthorities("Milan", keys, crypto, trailerField);
    const hierarchy = new Hierarchy({ product: "Milan", authorities: again, secret: new Uint8Array(32), crypto });
    const input = await verifyInput({ request: { signer } });
    const raw = {
      vek: input.endorsements.vek.der,
      issuers: Object.values(again).map(({ certificate }) => certificate),
      crls: [revocationList(hierarchy, simulatedInstant)],
    };
    return codesOf({ ...input, endorsements: must(parseEndorsements(raw)), anchors: trustAnchorsOf([hierarchy]) });
  }
});

describe("hwID", () => {
  test.each(products)("raw on %s: 64 bytes, on Turin 8", async (product) => {
    expect(await codesWith({ product, leaf: { hwIdForm: "raw" } })).toEqual([]);
    expect((await vekWith(product, {})).hwId).toHaveLength(product === "Turin" ? 8 : 64);
  });

  test.each(products)("in an OCTET STRING on %s (04 40 …, on Turin 04 08 …)", async (product) => {
    expect(await codesWith({ product, leaf: { hwIdForm: "wrapped" } })).toEqual([]);
    expect((await vekWith(product, { hwIdForm: "wrapped" })).hwId).toHaveLength(product === "Turin" ? 8 : 64);
  });

  test.each([0x02, 0x04])("raw bytes that begin with 0x0%d, as DER does", async (first) => {
    for (const product of products) {
      const chipId = new Uint8Array(64);
      chipId.set([first, 0x40, 7, 7, 7, 7, 7, 7]);
      expect(await codesWith({ product, chip: { chipId } })).toEqual([]);
    }
  });

  test("a short one on Genoa, even where CHIP_ID begins with it", async () => {
    const chipId = new Uint8Array(64);
    chipId.set([9, 8, 7, 6, 5, 4, 3, 2]);
    const leaf = { overrides: { hwId: chipId.slice(0, 8) } };
    expect(await codesWith({ product: "Genoa", chip: { chipId }, leaf })).toEqual(["endorse.vek-extension"]);
  });

  test("a 64-byte one on Turin, even where it is CHIP_ID", async () => {
    const chipId = (await simulatedHierarchy("Turin")).chipId();
    expect(await codesWith({ product: "Turin", leaf: { overrides: { hwId: chipId } } })).toEqual(["endorse.vek-extension"]);
  });
});

describe("the other extensions", () => {
  const readings: readonly (readonly [what: string, product: Product, overrides: Overrides, codes: readonly string[]])[] = [
    ["spl4 on Turin, zero as on the others: it says nothing", "Turin", { spl4: integer(0) }, []],
    ["spl4 on Turin with a value", "Turin", { spl4: integer(1) }, ["endorse.vek-extension"]],
    ["Turin without fmcSPL", "Turin", { fmcSPL: null }, ["endorse.vek-extension"]],
    ["Genoa with fmcSPL", "Genoa", { fmcSPL: integer(1) }, ["endorse.vek-extension"]],
    ["productName with a stepping, Milan", "Milan", { productName: ia5String("Milan-B1") }, []],
    ["productName with a stepping, Genoa", "Genoa", { productName: ia5String("Genoa-B2") }, []],
    ["productName with a stepping, Turin", "Turin", { productName: ia5String("Turin-C1") }, []],
    ["productName that only begins like a product", "Milan", { productName: ia5String("Milano") }, ["endorse.vek-extension"]],
    ["structVersion 0 on Genoa", "Genoa", { structVersion: integer(0) }, []],
    ["structVersion 1 on Genoa", "Genoa", { structVersion: integer(1) }, ["endorse.vek-extension"]],
    ["structVersion 0 on Turin", "Turin", { structVersion: integer(0) }, ["endorse.vek-extension"]],
    ["structVersion 1 on Turin", "Turin", { structVersion: integer(1) }, []],
  ];
  test.each(readings)("%s", async (_what, product, overrides, codes) => {
    expect(await codesWith({ product, leaf: { overrides } })).toEqual(codes);
  });
});

describe("report versions", () => {
  test.each(products)("2, 3 and 5 on %s", async (product) => {
    expect(await codesWith({ product, chip: { reportVersion: 2 } }, { product })).toEqual([]);
    expect(await codesWith({ product, chip: { reportVersion: 2 } })).toEqual(["appraise.product-unknown"]);
    expect(await codesWith({ product, chip: { reportVersion: 3 } })).toEqual([]);
    expect(await codesWith({ product, chip: { reportVersion: 5 } })).toEqual([]);
  });

  test.each([0, 1, 4, 6, 7, 0x102])("%d, which nobody here knows", async (version) => {
    expect(await codesWith({ request: { overrides: { version } } })).toEqual(["snp.report-version"]);
  });
});

describe("bits", () => {
  test.each([8, 31, 63])("PLATFORM_INFO bit %d, which has no name: refused unless the policy lists it", async (bit) => {
    const choices: Choices = { chip: { platformInfo: 1n << BigInt(bit) } };
    expect(await platform(choices, [])).toMatchObject({ verdict: "fail", code: "appraise.platform", actual: `bit ${bit}` });
    expect(await platform(choices, [bit])).toMatchObject({ verdict: "pass" });
  });

  test.each([
    [6, "iommuWriteSafe"],
    [7, "tioEn"],
  ] as const)("PLATFORM_INFO bit %d is %s, by name", async (bit, name) => {
    expect(await platform({ chip: { platformInfo: 1n << BigInt(bit) } }, [])).toMatchObject({ verdict: "pass", actual: name });
  });

  test("POLICY bit 25 is a demand of the guest: no page is moved or swapped", async () => {
    const demanded: PolicyChecks["guestPolicy"] = { require: { allowed: ["smt"], demanded: ["pageSwapDisable"], abiMinimum: "0.0" } };
    const judged = async (policy: bigint) =>
      checkOf(appraiseWith(await boundReport({ launch: { policy } }), { checks: { guestPolicy: demanded } }), "guest-policy");
    expect(await judged(0x30000n | (1n << 25n))).toMatchObject({ verdict: "pass" });
    expect(await judged(0x30000n)).toMatchObject({ verdict: "fail", code: "appraise.guest-policy" });
    expect(await codesWith({ launch: { policy: 0x30000n | (1n << 26n) } })).toEqual(["snp.guest-policy-reserved"]);
  });

  async function platform(choices: Choices, unknownAllowed: readonly number[]) {
    const checks = { platform: { require: { required: [], forbidden: [], unknownAllowed } } };
    return checkOf(appraiseWith(await boundReport(choices), { checks }), "platform");
  }
});

type Overrides = { readonly [name in VekExtensionName]?: Uint8Array | null };

async function vekWith(product: Product, leaf: NonNullable<Choices["leaf"]>) {
  const { endorsements } = await verifyInput({ product, leaf });
  return must(parseVek(must(parseCertificate(endorsements.vek.der))));
}
