// Do Node's primitives say the same as a second implementation, and "no" instead of throwing?
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { p384 } from "@noble/curves/nist.js";
import { describe, expect, test } from "vitest";
import { concat } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { certificatesFrom } from "../../core/endorse/certificate.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { parseReport, signedLength } from "../../core/snp/report.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

describe("real signatures, by two implementations", needsVectors(), () => {
  test.each([
    ["milan-v2-debug", true],
    ["milan-v2", true],
    ["milan-v3", true],
    ["genoa-v3", true],
    ["turin-v5", true],
    ["vlek-milan-v3-vmpl1", true],
    ["wrong-chip-milan-v3", false],
    ["forged-vcek-milan-v2", false],
  ])("%s: %s", (name, valid) => {
    const { raw, signature } = must(parseReport(vector("reports", `${name}.report.bin`)));
    const [vek] = must(certificatesFrom(vector("reports", `${name}.vek.der`)));
    const spki = vek?.spki ?? new Uint8Array();
    const message = raw.subarray(0, signedLength);
    expect(nodePrimitives.verifyP384(spki, message, signature)).toBe(valid);
    expect(p384.verify(signature, message, spki.slice(23), { prehash: true, lowS: false })).toBe(valid);
  });
});

const message = Uint8Array.of(1, 2, 3);

test.each(["sha256", "sha384", "sha512"] as const)("%s runs over the parts one after the other, however many they are", (name) => {
  // Above what Node gives out of its pool, and a view into something longer.
  const long = new Uint8Array(20_000).fill(0xe5).subarray(1);
  for (const parts of [[], [message], [message, message], [message, new Uint8Array(), long]]) {
    const whole = new Uint8Array(
      createHash(name)
        .update(concat(...parts))
        .digest(),
    );
    expect(nodePrimitives.digest(name, ...parts)).toEqual(whole);
  }
});

test("P-384: only this key, this message, this signature and this form", () => {
  const key = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const spki = new Uint8Array(key.publicKey.export({ format: "der", type: "spki" }));
  const signature = new Uint8Array(sign("sha384", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" }));
  const asDer = new Uint8Array(sign("sha384", message, key.privateKey));
  expect(nodePrimitives.verifyP384(spki, message, signature)).toBe(true);
  expect(nodePrimitives.verifyP384(spki, concat(message, message), signature)).toBe(false);
  expect(nodePrimitives.verifyP384(spki, message, asDer)).toBe(false);
  expect(nodePrimitives.verifyP384(spki, message, new Uint8Array(96))).toBe(false);
  expect(nodePrimitives.verifyP384(spki, message, new Uint8Array(96).fill(0xff))).toBe(false);
  expect(nodePrimitives.verifyP384(spki.subarray(1), message, signature)).toBe(false);
  expect(nodePrimitives.verifyP384(new Uint8Array(), message, signature)).toBe(false);
});

test("P-384: numbers of every length, and none that is no signature's", () => {
  const key = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const spki = new Uint8Array(key.publicKey.export({ format: "der", type: "spki" }));
  const seen = new Set<string>();
  let last = new Uint8Array();
  // A number in 256 has a byte less; half of all have their first bit set.
  for (let round = 0; round < 5_000 && seen.size < 6; round++) {
    last = new Uint8Array(sign("sha384", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" }));
    const forms = [last[0], last[48]].map((first = 0, at) => `${at} ${first === 0 ? "short" : first >> 7}`);
    if (forms.every((form) => seen.has(form))) continue;
    for (const form of forms) seen.add(form);
    expect(nodePrimitives.verifyP384(spki, message, last)).toBe(true);
  }
  expect(seen.size).toBe(6);
  for (const start of [0, 48]) {
    expect(nodePrimitives.verifyP384(spki, message, last.slice().fill(0, start, start + 48))).toBe(false);
    expect(nodePrimitives.verifyP384(spki, message, last.slice().fill(0xff, start, start + 48))).toBe(false);
  }
  for (const length of [0, 95, 97]) expect(nodePrimitives.verifyP384(spki, message, new Uint8Array(length).fill(1))).toBe(false);
});

test("P-384: a key on another curve is refused even with a good signature", () => {
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(key.publicKey.export({ format: "der", type: "spki" }));
  const signature = new Uint8Array(sign("sha384", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" }));
  expect(nodePrimitives.verifyP384(spki, message, signature)).toBe(false);
});

test("PSS: salt 48 with SHA-384 and nothing else", () => {
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = new Uint8Array(key.publicKey.export({ format: "der", type: "spki" }));
  const pss = (digest: string, saltLength: number) =>
    new Uint8Array(sign(digest, message, { key: key.privateKey, padding: 6, saltLength }));
  expect(nodePrimitives.verifyPss384(spki, message, pss("sha384", 48))).toBe(true);
  expect(nodePrimitives.verifyPss384(spki, message, pss("sha384", 32))).toBe(false);
  expect(nodePrimitives.verifyPss384(spki, message, pss("sha256", 48))).toBe(false);
  expect(nodePrimitives.verifyPss384(spki, message, new Uint8Array(sign("sha384", message, key.privateKey)))).toBe(false);
  expect(nodePrimitives.verifyPss384(spki, message, new Uint8Array())).toBe(false);
});
