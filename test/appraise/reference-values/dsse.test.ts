// Is a DSSE envelope what other programs make and take, does its signature cover all of it, and is what is not exactly one refused?
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEcdsaDer } from "../../../core/appraise/reference-values/ecdsa-der.ts";
import { encodeEcdsaDer } from "../../../core/base/ecdsa-der.ts";
import { keyIdOf, maximumEnvelope, parseEnvelope, signedBytes, verifyEnvelope } from "../../../core/appraise/reference-values/envelope.ts";
import { encodeStatement, parseStatement, predicateType } from "../../../core/appraise/reference-values/statement.ts";
import { concat, fromHex, toBase64, toHex } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../../core/base/utf8.ts";
import { writeP384PublicKey } from "../../../core/endorse/p384-spki.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { spkiOf } from "../../../core/snp/id-block.ts";
import { needs, pathOf } from "../../kit/needs.ts";
import { at, envelopeOf, firmwareOnly, owner, payloadOf, reference, stranger } from "./kit.ts";

const payload = payloadOf(reference, firmwareOnly);
const bytes = envelopeOf(payload);
const code = (expected: string) => ({ ok: false, failure: { code: expected } });

describe("an envelope", () => {
  test("is three members of JSON: in-toto's type, base64, and a DER signature with the key's id", () => {
    const json = JSON.parse(fromUtf8(bytes) ?? "") as Record<string, unknown>;
    expect(Object.keys(json).sort()).toEqual(["payload", "payloadType", "signatures"]);
    expect(json).toMatchObject({
      payloadType: "application/vnd.in-toto+json",
      payload: Buffer.from(payload).toString("base64"),
      signatures: [{ keyid: toHex(nodePrimitives.digest("sha256", spkiOf(owner.key))), sig: expect.stringMatching(/^M[A-Z]/) as string }],
    });
  });

  test("covers what the specification says, by its own example's rule", () => {
    // protocol.md: PAE("http://example.com/HelloWorld", "hello world") is "DSSEv1 29 http://example.com/HelloWorld 11 hello world".
    expect(fromUtf8(signedBytes(utf8("hello world")))).toBe("DSSEv1 28 application/vnd.in-toto+json 11 hello world");
    expect(signedBytes(Uint8Array.of(0xff, 0))).toEqual(concat(utf8("DSSEv1 28 application/vnd.in-toto+json 2 "), Uint8Array.of(0xff, 0)));
  });

  test("verifies with OpenSSL's own command", needs("openssl"), () => {
    const { signatures } = must(parseEnvelope(bytes));
    const folder = mkdtempSync(join(tmpdir(), "portcullis-dsse-"));
    const file = (name: string, content: Uint8Array | string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const verify = (covered: Uint8Array): string => {
      const args = ["-verify", file("key.pem", writeP384PublicKey(owner.key)), "-signature", file("sig", signatures[0]?.signature ?? "")];
      return execFileSync(pathOf("openssl"), ["dgst", "-sha384", ...args, file("pae", covered)], { encoding: "utf8" });
    };
    expect(verify(concat(utf8(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload))).toBe("Verified OK\n");
    expect(() => verify(payload)).toThrow("Command failed");
  });

  test("made by OpenSSL is taken here", needs("openssl"), () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-dsse-"));
    const path = (name: string): string => join(folder, name);
    const openssl = (...args: readonly string[]) => execFileSync(pathOf("openssl"), args, { stdio: ["ignore", "pipe", "ignore"] });
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", path("key.pem"));
    const key = new Uint8Array(openssl("ec", "-in", path("key.pem"), "-pubout", "-outform", "DER").subarray(-96));
    writeFileSync(path("pae"), signedBytes(payload));
    const sig = openssl("dgst", "-sha384", "-sign", path("key.pem"), path("pae")).toString("base64");
    const made = { payloadType: "application/vnd.in-toto+json", payload: toBase64(payload), signatures: [{ sig }] };
    expect(verifyEnvelope(must(parseEnvelope(utf8(JSON.stringify(made)))), key, nodePrimitives)).toEqual({ ok: true, value: true });
  });

  test("is signed by the named key alone, whatever key id it claims", () => {
    const read = must(parseEnvelope(bytes));
    expect(verifyEnvelope(read, owner.key, nodePrimitives).ok).toBe(true);
    expect(verifyEnvelope(read, stranger.key, nodePrimitives)).toMatchObject(code("reference.signature"));
    const claimed = read.signatures.map(({ signature }) => ({ keyId: keyIdOf(stranger.key, nodePrimitives), signature }));
    expect(verifyEnvelope({ payload, signatures: claimed }, stranger.key, nodePrimitives)).toMatchObject(code("reference.signature"));
  });

  test("may have other people's signatures beside", () => {
    const theirs = must(parseEnvelope(envelopeOf(payload, stranger))).signatures;
    const both = { payload, signatures: [{ keyId: "", signature: Uint8Array.of(1) }, ...theirs, ...must(parseEnvelope(bytes)).signatures] };
    expect(verifyEnvelope(both, owner.key, nodePrimitives).ok).toBe(true);
    expect(verifyEnvelope({ payload, signatures: theirs }, owner.key, nodePrimitives).ok).toBe(false);
  });

  test("whose payload differs in any bit is not signed", () => {
    const { signatures } = must(parseEnvelope(bytes));
    for (let index = 0; index < payload.length; index += 37) {
      const other = payload.slice();
      other[index] = (other[index] ?? 0) ^ 1;
      expect(verifyEnvelope({ payload: other, signatures }, owner.key, nodePrimitives).ok).toBe(false);
    }
  });

  test.each<[string, string, unknown]>([
    ["another payload type", "reference.payload-type", { payloadType: "application/json" }],
    ["the type in other letters", "reference.payload-type", { payloadType: "application/vnd.in-toto+JSON" }],
    ["no signature", "reference.malformed", { signatures: [] }],
    ["17 signatures", "reference.malformed", { signatures: Array.from({ length: 17 }, () => ({ sig: "AA==" })) }],
    ["a signature that is no object", "reference.malformed", { signatures: ["AA=="] }],
    ["a signature with another member", "reference.malformed", { signatures: [{ sig: "AA==", cert: "x" }] }],
    ["a key id that is a number", "reference.malformed", { signatures: [{ sig: "AA==", keyid: 1 }] }],
    ["an empty signature", "reference.malformed", { signatures: [{ sig: "" }] }],
    ["URL-safe base64", "reference.malformed", { payload: "__8=" }],
    ["base64 without padding", "reference.malformed", { payload: "AA" }],
    ["base64 with a line end", "reference.malformed", { payload: "AA==\n" }],
    ["another member", "reference.malformed", { extra: 1 }],
    ["no payload", "reference.malformed", { payload: undefined }],
  ])("is refused with %s", (_, expected, change) => {
    const whole = { ...(JSON.parse(fromUtf8(bytes) ?? "") as object), ...(change as object) };
    expect(parseEnvelope(utf8(JSON.stringify(whole)))).toMatchObject(code(expected));
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["a list", utf8("[]")],
    ["a member twice", utf8('{"payload":"","payload":"","payloadType":"","signatures":[]}')],
    ["bytes", Uint8Array.of(0xff, 0xfe)],
    ["something behind", concat(bytes, utf8("{}"))],
    ["too much", new Uint8Array(maximumEnvelope + 1)],
  ])("is not %s", (_, content) => {
    expect(parseEnvelope(content)).toMatchObject(code("reference.malformed"));
  });

  test("cut off anywhere is refused", () => {
    for (let length = 0; length < bytes.length - 1; length += 13) expect(parseEnvelope(bytes.slice(0, length)).ok).toBe(false);
  });
});

describe("a statement", () => {
  test("is an in-toto Statement v1 with one subject for each launch", () => {
    expect(JSON.parse(fromUtf8(payload) ?? "")).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      subject: [
        { name: reference.label, digest: { sha384: reference.measurement } },
        { name: firmwareOnly.label, digest: { sha384: firmwareOnly.measurement } },
      ],
      predicateType: "urn:portcullis:sev-snp-reference-values:v1",
      predicate: {
        madeAt: "2026-11-24T12:00:00.000Z",
        values: [
          { ...reference, vcpuSignature: "0x00a00f11" },
          { ...firmwareOnly, vcpuSignature: "0x00a00f11" },
        ],
      },
    });
  });

  test("is read as it was written", () => {
    expect(must(parseStatement(payload))).toEqual({ madeAt: at, values: [reference, firmwareOnly] });
    expect(encodeStatement(must(parseStatement(payload)))).toEqual(payload);
  });

  type Edit = (
    json: { subject: Record<string, unknown>[]; predicate: { values: Record<string, unknown>[] } } & Record<string, unknown>,
  ) => void;
  test.each<[string, string, Edit]>([
    ["another version", "reference.malformed", (json) => (json["_type"] = "https://in-toto.io/Statement/v0.1")],
    ["another predicate", "reference.predicate-type", (json) => (json["predicateType"] = "https://slsa.dev/provenance/v1")],
    ["no predicate type", "reference.predicate-type", (json) => delete json["predicateType"]],
    ["a member of its own", "reference.malformed", (json) => (json["more"] = 1)],
    ["a subject too many", "reference.malformed", (json) => json.subject.push({ name: "x", digest: { sha384: "ef".repeat(48) } })],
    ["no subject", "reference.malformed", (json) => ((json.subject = []), (json.predicate.values = []))],
    [
      "another digest in the subject",
      "reference.malformed",
      (json) => (json.subject[0] = { name: reference.label, digest: { sha384: "ef".repeat(48) } }),
    ],
    [
      "a second digest in the subject",
      "reference.malformed",
      (json) => Object.assign(json.subject[0]?.["digest"] ?? {}, { sha256: "ef".repeat(32) }),
    ],
    ["another name in the subject", "reference.malformed", (json) => Object.assign(json.subject[0] ?? {}, { name: "x" })],
    [
      "the same measurement twice",
      "reference.malformed",
      (json) => ((json.subject[1] = json.subject[0] ?? {}), (json.predicate.values[1] = json.predicate.values[0] ?? {})),
    ],
    ["no vCPU", "reference.malformed", (json) => Object.assign(json.predicate.values[0] ?? {}, { vcpus: 0 })],
    ["half a vCPU", "reference.malformed", (json) => Object.assign(json.predicate.values[0] ?? {}, { vcpus: 1.5 })],
    ["a member that is not known", "reference.malformed", (json) => Object.assign(json.predicate.values[0] ?? {}, { igvm: "x" })],
    [
      "a label that steers a terminal",
      "reference.malformed",
      (json) => (
        Object.assign(json.predicate.values[0] ?? {}, { label: "\u001b[2J" }), Object.assign(json.subject[0] ?? {}, { name: "\u001b[2J" })
      ),
    ],
    [
      "a kernel without a digest",
      "reference.malformed",
      (json) => Object.assign(json.predicate.values[0] ?? {}, { kernel: { name: "x" } }),
    ],
    ["a time without a zone", "reference.malformed", (json) => Object.assign(json.predicate, { madeAt: "2026-11-24T12:00:00" })],
  ])("is refused with %s", (_, expected, edit) => {
    const json = JSON.parse(fromUtf8(payload) ?? "") as Parameters<Edit>[0];
    edit(json);
    expect(parseStatement(utf8(JSON.stringify(json)))).toMatchObject(code(expected));
  });

  test("has a predicate type that names no address of anybody's", () => expect(predicateType).toMatch(/^urn:/));
});

describe("an ECDSA signature in DER", () => {
  const scalars = fc.uint8Array({ minLength: 96, maxLength: 96 });

  test("is read as it was written, whatever its numbers", () => {
    fc.assert(
      fc.property(scalars, (signature) => {
        expect(parseEcdsaDer(encodeEcdsaDer(signature))).toEqual(signature);
      }),
    );
    for (const signature of [new Uint8Array(96), new Uint8Array(96).fill(0xff), new Uint8Array(96).fill(0x7f)])
      expect(parseEcdsaDer(encodeEcdsaDer(signature))).toEqual(signature);
  });

  test.each([
    ["nothing", ""],
    ["one number", "3003020101"],
    ["three numbers", "3009020101020101020101"],
    ["something behind", "300602010102010100"],
    ["a negative number", "3006020181020101"],
    ["a number that is not minimal", "300702020001020101"],
    ["an empty number", "30050200020101"],
    ["a long length", "308106020101020101"],
    ["another tag", "3006020101030101"],
    ["a number of 49 bytes", `3036023101${"00".repeat(48)}020101`],
    ["a set", "3106020101020101"],
  ])("is not %s", (_, hex) => {
    expect(parseEcdsaDer(fromHex(hex) ?? new Uint8Array(0))).toBeUndefined();
  });
});
