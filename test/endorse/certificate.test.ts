// Does the certificate parser read AMD's own certificates whole, and refuse what is not exactly one certificate of that form?
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concat, toBase64, toHex } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { must } from "../../core/base/result.ts";
import { certificatesFrom, parseCertificate } from "../../core/endorse/certificate.ts";
import { childrenOf, readDer } from "../../core/endorse/der.ts";
import { signCertificate } from "../../core/simulator/certificate.ts";
import type { CertificateFields, Extension } from "../../core/simulator/certificate.ts";
import {
  bitString,
  boolean,
  ia5String,
  integer,
  objectIdentifier,
  printableString,
  sequence,
  set,
  utf8String,
} from "../../core/simulator/der.ts";
import { libraryView } from "../kit/library-view.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { needsVectors, vector, vectors } from "../kit/vectors.ts";

describe("AMD's certificates", needsVectors(), () => {
  test.each([
    ["ARK-Milan", "ARK-Milan", 0x010000n, undefined, true],
    ["SEV-Milan", "ARK-Milan", 0x010001n, 0, false],
    ["SEV-VLEK-Milan", "ARK-Milan", 0x010101n, 0, false],
    ["SEV-Genoa", "ARK-Genoa", 0x020002n, 0, false],
    ["SEV-Turin", "ARK-Turin", 0x030001n, 0, false],
  ] as const)("%s", (subjectName, issuerName, serial, pathLength, crlSign) => {
    const der = vector("amd-roots", `${subjectName}.der`);
    const read = must(parseCertificate(der));
    expect(read).toMatchObject({ subjectName, issuerName, serial, pathLength, isCa: true, keyUsage: { certSign: true, crlSign } });
    expect(read.der).toEqual(der);
    expect(read.signature).toHaveLength(512);
  });

  test("a VCEK: serial 0, no usage, no authority, AMD's extensions, validity to the second", () => {
    const vcek = must(parseCertificate(vector("reports", "milan-v3.vek.der")));
    expect(vcek).toMatchObject({ subjectName: "SEV-VCEK", issuerName: "SEV-Milan", serial: 0n, isCa: false, keyUsage: undefined });
    expect([vcek.notBefore, vcek.notAfter]).toEqual([Date.UTC(2026, 1, 5, 1, 4, 33), Date.UTC(2033, 1, 5, 1, 4, 33)]);
    expect([...vcek.extensions.keys()]).toHaveLength(11);
  });

  test("all that are published are read, and @peculiar/x509 reads the same in each", () => {
    const files = (["amd-roots", "reports"] as const).flatMap((folder) =>
      readdirSync(vectors(folder)).flatMap((name) => (name.endsWith(".der") ? [vector(folder, name)] : [])),
    );
    expect(files.length).toBeGreaterThanOrEqual(17);
    for (const der of files) expectSameAsLibrary(der);
  });

  test("an ASK's key usage keeps a zero bit that DER would drop, and is read all the same", () => {
    const ask = must(parseCertificate(vector("amd-roots", "SEV-Milan.der")));
    expect(toHex(ask.extensions.get("2.5.29.15")?.value ?? new Uint8Array(0))).toBe("03020104");
    expect(ask.keyUsage).toEqual({ certSign: true, crlSign: false });
  });

  test("the trailer field is optional: AMD writes it in the older leaf and leaves it out in the newer", () => {
    for (const name of ["milan-v2", "milan-v3"]) expect(parseCertificate(vector("reports", `${name}.vek.der`)).ok).toBe(true);
  });

  test("every truncation and any trailing byte is refused", () => {
    const der = vector("reports", "turin-v5.vek.der");
    for (let length = 0; length < der.length; length++) expect(codeOf(der.subarray(0, length))).toBe("endorse.certificate-malformed");
    expect(codeOf(concat(der, Uint8Array.of(0)))).toBe("endorse.certificate-malformed");
  });

  test("no changed byte makes the parser throw, or reads as the same certificate", () => {
    const der = vector("reports", "milan-v3.vek.der");
    const signedOf = (bytes: Uint8Array): string | undefined => {
      const parsed = parseCertificate(bytes);
      return parsed.ok ? toHex(concat(parsed.value.tbs, parsed.value.signature)) : undefined;
    };
    const changed = [...der.keys()].map((offset) => {
      const bytes = der.slice();
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x81;
      return signedOf(bytes);
    });
    expect(signedOf(der)).toBeDefined();
    expect(changed).not.toContain(signedOf(der));
  });

  test("PEM: one, several, with CRLF; nothing between and nothing else", () => {
    const [ask, ark] = [vector("amd-roots", "SEV-Milan.der"), vector("amd-roots", "ARK-Milan.der")];
    const bundle = pem(ask) + pem(ark);
    const names = (text: string) => must(certificatesFrom(utf8(text))).map(({ subjectName }) => subjectName);
    expect(names(bundle)).toEqual(["SEV-Milan", "ARK-Milan"]);
    expect(names(bundle.replaceAll("\n", "\r\n"))).toEqual(["SEV-Milan", "ARK-Milan"]);
    for (const text of [`text\n${bundle}`, `${bundle}text`, bundle.slice(0, -30), bundle.replaceAll("CERTIFICATE", "X509 CRL"), " ", ""]) {
      expect(certificatesFrom(utf8(text))).toMatchObject({ ok: false, failure: { code: "endorse.certificate-malformed" } });
    }
    expect(certificatesFrom(utf8(pem(ask).replace("MII", "M!!")))).toMatchObject({ failure: { code: "endorse.certificate-malformed" } });
  });
});

describe("certificates that AMD does not make", () => {
  const basicConstraints: Extension = { oid: "2.5.29.19", critical: true, value: sequence(boolean(true), integer(0)) };

  test("those of the simulator mean the same to @peculiar/x509", async () => {
    const { ark, ask, asvk } = (await simulatedHierarchy()).authorities;
    for (const { certificate: der } of [ark, ask, asvk]) expectSameAsLibrary(der);
    expectSameAsLibrary(await certificate({ extensions: [basicConstraints] }));
  });

  test.each([
    ["a default that is written out", sequence(boolean(false))],
    ["a path length of no authority", sequence(integer(0))],
    ["a path length that nobody has", sequence(boolean(true), integer(256))],
    ["a third member", sequence(boolean(true), integer(0), integer(0))],
    ["no sequence", boolean(true)],
  ])("basic constraints with %s", async (_, value) => {
    expect(codeOf(await certificate({ extensions: [{ oid: "2.5.29.19", critical: true, value }] }))).toBe("endorse.certificate-malformed");
  });

  test("basic constraints: none, no authority, an authority with and without a length", async () => {
    const constraints = async (...extensions: Extension[]) => {
      const { isCa, pathLength } = must(parseCertificate(await certificate({ extensions })));
      return [isCa, pathLength];
    };
    const of = (...members: Uint8Array[]): Extension => ({ oid: "2.5.29.19", critical: true, value: sequence(...members) });
    expect(await constraints()).toEqual([false, undefined]);
    expect(await constraints(of())).toEqual([false, undefined]);
    expect(await constraints(of(boolean(true)))).toEqual([true, undefined]);
    expect(await constraints(of(boolean(true), integer(255)))).toEqual([true, 255]);
  });

  test.each([
    ["neither", bitString(Uint8Array.of(0x80), 7), { certSign: false, crlSign: false }],
    ["certificates", bitString(Uint8Array.of(0x04), 2), { certSign: true, crlSign: false }],
    ["lists", bitString(Uint8Array.of(0x02), 1), { certSign: false, crlSign: true }],
    ["both, and a ninth bit", bitString(Uint8Array.of(0x06, 0x80), 7), { certSign: true, crlSign: true }],
  ])("a key that signs %s", async (_, value, usage) => {
    const read = must(parseCertificate(await certificate({ extensions: [{ oid: "2.5.29.15", critical: true, value }] })));
    expect(read.keyUsage).toEqual(usage);
  });

  test.each([
    ["no bits", bitString(new Uint8Array(0))],
    ["no bit that is set", bitString(Uint8Array.of(0))],
    ["a last byte that says nothing", bitString(Uint8Array.of(0x06, 0))],
    ["three bytes", bitString(Uint8Array.of(0x06, 0x80, 0x80))],
    ["a set bit among the unused", bitString(Uint8Array.of(0x06), 2)],
  ])("a key usage with %s", async (_, value) => {
    expect(codeOf(await certificate({ extensions: [{ oid: "2.5.29.15", critical: true, value }] }))).toBe("endorse.certificate-malformed");
  });

  test("a name with two common names, none, or two attributes in one part", async () => {
    const der = await certificate({ subject: "anything" });
    const attribute = (oid: string, text: string) => sequence(objectIdentifier(oid), utf8String(text));
    const name = (...parts: Uint8Array[]): string => codeOf(withSubject(der, sequence(...parts)));
    const commonName = attribute("2.5.4.3", "anything");
    expect(name(set(commonName))).toBe("read");
    for (const parts of [[], [set()], [set(commonName), set(commonName)], [set(attribute("2.5.4.10", "AMD"))]])
      expect(name(...parts)).toBe("endorse.certificate-malformed");
    expect(name(set(attribute("2.5.4.3", "a"), attribute("2.5.4.3", "b")))).toBe("endorse.certificate-malformed");
    expect(name(set(sequence(objectIdentifier("2.5.4.3"), ia5String("a"))))).toBe("endorse.certificate-malformed");
    expect(name(set(sequence(objectIdentifier("2.5.4.3"), printableString("a"))))).toBe("read");
  });

  test("a critical extension that nobody knows", async () => {
    const extensions = [{ oid: "1.2.3.4", critical: true, value: integer(1) }];
    expect(codeOf(await certificate({ extensions }))).toBe("endorse.certificate-extension");
    expect(codeOf(await certificate({ extensions: [{ oid: "1.2.3.4", value: integer(1) }] }))).toBe("read");
  });

  test("the same extension twice", async () => {
    expect(codeOf(await certificate({ extensions: [basicConstraints, basicConstraints] }))).toBe("endorse.certificate-malformed");
  });

  test("a standard extension with bytes after its value", async () => {
    const value = concat(basicConstraints.value, Uint8Array.of(5, 0));
    expect(codeOf(await certificate({ extensions: [{ ...basicConstraints, value }] }))).toBe("endorse.certificate-malformed");
  });

  test("more bytes than any of AMD's has", async () => {
    const padding = { oid: "1.2.3.4", value: new Uint8Array(9_000) };
    expect(codeOf(await certificate({ extensions: [padding] }))).toBe("endorse.certificate-malformed");
  });

  test("a common name that would steer a terminal, pass for another, or never end", async () => {
    for (const subject of ["\u001b[2J", "SEV\u2010VCEK", "SEV-VCEK\u0000", "x".repeat(65)]) {
      expect(codeOf(await certificate({ subject }))).toBe("endorse.certificate-malformed");
    }
    expect(codeOf(await certificate({ issuer: "a\nb" }))).toBe("endorse.certificate-malformed");
    expect(codeOf(await certificate({ subject: "x".repeat(64) }))).toBe("read");
  });

  test("another signature algorithm", async () => {
    const der = await certificate({});
    // The salt length of the outer and of the inner algorithm, 48 -> 32.
    const salts = [...der.keys()].filter((at) => der[at] === 0xa2 && der[at + 1] === 3 && der[at + 2] === 2 && der[at + 4] === 48);
    expect(salts).toHaveLength(2);
    const both = der.slice();
    for (const at of salts) both[at + 4] = 32;
    expect(codeOf(both)).toBe("endorse.signature-algorithm");
    for (const at of salts) {
      const one = der.slice();
      one[at + 4] = 32;
      expect(codeOf(one)).toBe("endorse.signature-algorithm");
    }
  });

  test("another hash, of the message or of the mask alone", async () => {
    const der = await certificate({});
    // 2.16.840.1.101.3.4.2.2, SHA-384: of the message and of the mask, in the outer and in the inner algorithm.
    const sha384 = Buffer.from("0609608648016503040202", "hex");
    const hashes = [...der.keys()].filter((at) => Buffer.from(der.subarray(at, at + sha384.length)).equals(sha384));
    expect(hashes).toHaveLength(4);
    for (const parity of [0, 1]) {
      const changed = der.slice();
      for (const at of hashes.filter((_, index) => index % 2 === parity)) changed[at + sha384.length - 1] = 1;
      expect(codeOf(changed)).toBe("endorse.signature-algorithm");
    }
  });

  test("a length that is not minimal, deep inside, where a laxer reader would read on", async () => {
    const { spki } = (await simulatedHierarchy()).authorities.ask.key;
    const parts = childrenOf(readDer(spki));
    const algorithm = parts[0]?.content ?? new Uint8Array();
    const longForm = concat(Uint8Array.of(0x30, 0x81, algorithm.length), algorithm);
    expect(codeOf(await certificate({ spki: sequence(...parts.map(({ bytes }) => bytes)) }))).toBe("read");
    expect(codeOf(await certificate({ spki: sequence(longForm, ...parts.slice(1).map(({ bytes }) => bytes)) }))).toBe(
      "endorse.certificate-malformed",
    );
  });
});

async function certificate(choices: Partial<CertificateFields>): Promise<Uint8Array> {
  const { ask } = (await simulatedHierarchy()).authorities;
  const fields: CertificateFields = {
    serial: 1,
    issuer: ask.name,
    subject: "anything",
    notBefore: simulatedInstant,
    notAfter: simulatedInstant + 1000,
    spki: ask.key.spki,
    extensions: [],
    trailerField: "omitted",
    ...choices,
  };
  return signCertificate(fields, ask.key);
}

/** The certificate with another subject: its signature is not looked at here. */
function withSubject(der: Uint8Array, subject: Uint8Array): Uint8Array {
  const [tbs, ...rest] = childrenOf(readDer(der));
  if (tbs === undefined) throw new Error("no certificate");
  const fields = childrenOf(tbs).map(({ bytes }, index) => (index === 5 ? subject : bytes));
  return sequence(sequence(...fields), ...rest.map(({ bytes }) => bytes));
}

function expectSameAsLibrary(der: Uint8Array): void {
  const { subjectName, issuerName, isCa, pathLength, keyUsage, extensions } = must(parseCertificate(der));
  expect(libraryView(der)).toEqual({
    fields: { subjectName, issuerName, isCa, pathLength, keyUsage },
    extensions: [...extensions].map(([oid, { critical, value }]) => [oid, critical, toHex(value)]),
  });
}

function pem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function codeOf(der: Uint8Array): string {
  const parsed = parseCertificate(der);
  return parsed.ok ? "read" : parsed.failure.code;
}
