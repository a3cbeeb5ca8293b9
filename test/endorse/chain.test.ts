// Does every break in the chain have its own answer, and do VCEK and VLEK paths never mix?
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import type { Certificate } from "../../core/endorse/certificate.ts";
import { verifyChain } from "../../core/endorse/chain.ts";
import type { ChainInput } from "../../core/endorse/chain.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { signCertificate } from "../../core/simulator/certificate.ts";
import type { CertificateFields, Extension } from "../../core/simulator/certificate.ts";
import { bitString, boolean, integer, sequence } from "../../core/simulator/der.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import type { AuthorityRole } from "../../core/simulator/authority.ts";
import type { LeafChoices } from "../../core/simulator/hierarchy.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Signer } from "../../core/snp/report.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

describe("AMD's own chains", needsVectors(), () => {
  const read = (...path: string[]): Certificate => must(parseCertificate(vector(...path)));
  const all = () =>
    ["Milan", "Genoa", "Turin"].flatMap((p) => [`ARK-${p}`, `SEV-${p}`, `SEV-VLEK-${p}`]).map((name) => read("amd-roots", `${name}.der`));

  test.each([
    ["milan-v3", "Milan", "vcek", Date.UTC(2026, 10, 1), []],
    ["genoa-v3", "Genoa", "vcek", Date.UTC(2026, 10, 1), []],
    ["turin-v5", "Turin", "vcek", Date.UTC(2026, 10, 1), []],
    ["vlek-milan-v3-vmpl1", "Milan", "vlek", Date.UTC(2025, 5, 1), []],
    ["vlek-milan-v3-vmpl1", "Milan", "vlek", Date.UTC(2026, 10, 1), ["endorse.certificate-expired"]],
    ["vlek-milan-v3-vmpl1", "Milan", "vcek", Date.UTC(2025, 5, 1), ["endorse.vek-issuer"]],
    ["milan-v3", "Milan", "vlek", Date.UTC(2026, 10, 1), ["endorse.vek-issuer"]],
    ["wrong-chip-milan-v3", "Milan", "vcek", Date.UTC(2026, 10, 1), ["endorse.vek-issuer"]],
    ["forged-vcek-milan-v2", "Milan", "vcek", Date.UTC(2026, 10, 1), ["endorse.vek-signature"]],
  ] as const)("%s as %s %s at %d: %j", (name, product, signer, at, codes) => {
    const vek = read("reports", `${name}.vek.der`);
    expect(codesOf({ vek, issuers: all(), anchors: amdAnchors, product, signer, at, primitives: nodePrimitives })).toEqual(codes);
  });

  test("a chain of one product does nothing for another", () => {
    const issuers = all().filter(({ subjectName }) => !subjectName.endsWith("Genoa"));
    const input = {
      vek: read("reports", "genoa-v3.vek.der"),
      issuers,
      anchors: amdAnchors,
      signer: "vcek",
      primitives: nodePrimitives,
    } as const;
    expect(codesOf({ ...input, product: "Genoa", at: Date.UTC(2026, 10, 1) })).toEqual(["endorse.root-missing"]);
  });
});

describe("a simulated chain", () => {
  test.each(["vcek", "vlek"] as const)("holds for a %s, in any order, among strangers", async (signer) => {
    const input = await inputFor({ signer });
    expect(codesOf(input)).toEqual([]);
    const strangers = (await inputFor({ product: "Turin" })).issuers;
    expect(codesOf({ ...input, issuers: [...strangers, ...[...input.issuers].reverse()] })).toEqual([]);
  });

  test.each([
    ["vcek", "vlek"],
    ["vlek", "vcek"],
  ] as const)("a %s is not accepted where the report was signed by a %s", async (made, needed) => {
    expect(codesOf({ ...(await inputFor({ signer: made })), signer: needed })).toEqual(["endorse.vek-issuer"]);
  });

  test("a VCEK that the ASVK issued is refused, even under the ASK's name", async () => {
    const { asvk, ask } = (await simulatedHierarchy()).authorities;
    expect(codesOf(await inputFor({ leaf: { issuer: asvk } }))).toEqual(["endorse.vek-issuer"]);
    expect(codesOf(await inputFor({ leaf: { issuer: { name: ask.name, key: asvk.key } } }))).toEqual(["endorse.vek-signature"]);
  });

  test("no anchor for the product", async () => {
    expect(codesOf({ ...(await inputFor({})), anchors: { kind: "simulated", ark: {} } })).toEqual(["endorse.product-not-anchored"]);
    expect(codesOf({ ...(await inputFor({})), product: "Genoa" })).toEqual(["endorse.product-not-anchored"]);
  });

  test("a root that is missing, and one that only has the name", async () => {
    const input = await inputFor({});
    const others = input.issuers.filter(({ subjectName }) => subjectName !== "ARK-Milan");
    expect(codesOf({ ...input, issuers: others })).toEqual(["endorse.root-missing"]);
    const impostor = await authority("ark", { key: "ask", name: "ARK-Milan", issuer: "ARK-Milan", by: "ask", extensions: ca() });
    expect(codesOf({ ...input, issuers: [...others, impostor] })).toEqual(["endorse.root-not-pinned"]);
    expect(codesOf({ ...input, anchors: amdAnchors })).toEqual(["endorse.root-not-pinned"]);
  });

  test.each([
    ["its key is not the pinned one", async () => ({ ark: await authority("ark", { extensions: ca() }), spki: new Uint8Array(32) })],
    ["it did not sign itself", async () => ({ ark: await authority("ark", { by: "ask", extensions: ca() }) })],
    ["it names another as its issuer", async () => ({ ark: await authority("ark", { issuer: "ARK-Turin", extensions: ca() }) })],
    ["it is no authority", async () => ({ ark: await authority("ark", { extensions: [keyUsage] }) })],
    ["it may not sign certificates", async () => ({ ark: await authority("ark", { extensions: [basicConstraints()] }) })],
  ] as const)("a pinned root is refused where %s", async (_, make) => {
    const input = await inputFor({});
    const made: { ark: Certificate; spki?: Uint8Array } = await make();
    const spki = made.spki ?? nodePrimitives.digest("sha256", made.ark.spki);
    const anchors = { kind: "simulated", ark: { Milan: { certificate: nodePrimitives.digest("sha256", made.ark.der), spki } } } as const;
    const issuers = [made.ark, ...input.issuers.filter(({ subjectName }) => subjectName !== "ARK-Milan")];
    expect(codesOf({ ...input, anchors, issuers })).toEqual(["endorse.root-unsound"]);
  });

  test.each([
    ["missing", [], "endorse.issuer-missing"],
    ["signed by another", [{ by: "asvk", extensions: ca(0) }], "endorse.issuer-signature"],
    ["under another root's name", [{ issuer: "ARK-Turin", extensions: ca(0) }], "endorse.issuer-missing"],
    ["no authority", [{ extensions: [keyUsage] }], "endorse.issuer-not-ca"],
    ["without the right to sign", [{ extensions: [basicConstraints(0)] }], "endorse.issuer-not-ca"],
    ["without a path length", [{ extensions: ca() }], "endorse.issuer-not-ca"],
    ["with a path length of one", [{ extensions: ca(1) }], "endorse.issuer-not-ca"],
  ] as const)("an ASK that is %s", async (_, choices, code) => {
    const input = await inputFor({});
    const asks = await Promise.all(choices.map((choice) => authority("ask", choice)));
    const issuers = [...asks, ...input.issuers.filter(({ subjectName }) => subjectName !== "SEV-Milan")];
    expect(codesOf({ ...input, issuers })).toEqual([code]);
  });

  test("of two ASKs of one name, the one that signed this leaf counts", async () => {
    const input = await inputFor({});
    const retired = await authority("ask", { key: "asvk", extensions: ca(0) });
    for (const issuers of [
      [retired, ...input.issuers],
      [...input.issuers, retired],
    ]) {
      const verdict = verifyChain({ ...input, issuers });
      expect(verdict.ok && verdict.issuer.serial).toBe(0x010001n);
    }
    expect(codesOf({ ...input, issuers: [retired, ...input.issuers.filter(({ subjectName }) => subjectName !== "SEV-Milan")] })).toEqual([
      "endorse.vek-signature",
    ]);
  });

  test("every certificate must be valid at that instant, to the second", async () => {
    const second = 1000;
    const leaf = { notBefore: simulatedInstant, notAfter: simulatedInstant + 10 * second };
    const input = await inputFor({ leaf });
    const at = (seconds: number) => codesOf({ ...input, at: simulatedInstant + seconds * second });
    expect([at(-1), at(0), at(10), at(11)]).toEqual([["endorse.certificate-not-yet-valid"], [], [], ["endorse.certificate-expired"]]);
    const ask = await authority("ask", { extensions: ca(0), notAfter: simulatedInstant - second });
    const issuers = [ask, ...input.issuers.filter(({ subjectName }) => subjectName !== "SEV-Milan")];
    expect(codesOf({ ...input, issuers })).toEqual(["endorse.certificate-expired"]);
    // A clock before every certificate, or none at all: all three say so.
    for (const before of [0, Number.NaN]) {
      expect(codesOf({ ...input, at: before })).toEqual(Array.from({ length: 3 }, () => "endorse.certificate-not-yet-valid"));
    }
  });

  test("what else can be judged is judged", async () => {
    const input = await inputFor({ signer: "vlek" });
    expect(codesOf({ ...input, signer: "vcek", at: Date.UTC(2044, 0, 1) })).toEqual(["endorse.vek-issuer", "endorse.certificate-expired"]);
  });
});

interface InputChoices {
  readonly product?: Product;
  readonly signer?: Signer;
  readonly leaf?: LeafChoices;
}

async function inputFor({ product = "Milan", signer = "vcek", leaf = {} }: InputChoices): Promise<ChainInput> {
  const hierarchy = await simulatedHierarchy(product);
  const { chip } = await simulatedProcessor(product);
  const holder = signer === "vcek" ? { chipId: chip.chipId } : { cspId: chip.cspId };
  return {
    vek: must(parseCertificate(hierarchy.issue(simulatedInstant, chip.reportedTcb, holder, leaf))),
    issuers: Object.values(hierarchy.authorities).map(({ certificate }) => must(parseCertificate(certificate))),
    anchors: trustAnchorsOf([hierarchy]),
    product,
    signer,
    at: simulatedInstant,
    primitives: nodePrimitives,
  };
}

interface AuthorityChoices {
  readonly name?: string;
  readonly issuer?: string;
  /** Whose key the certificate is for, and who signs it. */
  readonly key?: AuthorityRole;
  readonly by?: AuthorityRole;
  readonly extensions: readonly Extension[];
  readonly notAfter?: number;
}

async function authority(role: AuthorityRole, choices: AuthorityChoices): Promise<Certificate> {
  const { authorities } = await simulatedHierarchy();
  const fields: CertificateFields = {
    serial: 7,
    issuer: choices.issuer ?? authorities.ark.name,
    subject: choices.name ?? authorities[role].name,
    notBefore: simulatedInstant - 1_000_000,
    notAfter: choices.notAfter ?? simulatedInstant + 1_000_000,
    spki: authorities[choices.key ?? role].key.spki,
    extensions: choices.extensions,
    trailerField: "explicit",
  };
  return must(parseCertificate(signCertificate(fields, authorities[choices.by ?? "ark"].key)));
}

function ca(pathLength?: number): Extension[] {
  return [basicConstraints(pathLength), keyUsage];
}

function basicConstraints(pathLength?: number): Extension {
  return { oid: "2.5.29.19", critical: true, value: sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])) };
}

const keyUsage: Extension = { oid: "2.5.29.15", critical: true, value: bitString(Uint8Array.of(0x06), 1) };

function codesOf(input: ChainInput): string[] {
  const verdict = verifyChain(input);
  return verdict.ok ? [] : verdict.failures.map(({ code }) => code);
}
