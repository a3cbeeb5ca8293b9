// Is a header that asks for no encryption, or for another one, refused? The host can write any header it likes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mostEffort, mostMemory, mostThreads } from "../../core/luks/effort.ts";
import { checkHeader } from "../../core/luks/header.ts";
import { utf8 } from "../../core/base/utf8.ts";

const slot = {
  type: "luks2",
  key_size: 64,
  area: { type: "raw", offset: "32768", size: "258048", encryption: "aes-xts-plain64", key_size: 64 },
  kdf: { type: "pbkdf2", hash: "sha256", iterations: 1000, salt: "AA==" },
};
const segment = { type: "crypt", offset: "16777216", size: "dynamic", iv_tweak: "0", encryption: "aes-xts-plain64", sector_size: 512 };
const digest = { type: "pbkdf2", keyslots: ["0"], segments: ["0"], hash: "sha256", iterations: 1000, salt: "AA==", digest: "AA==" };
const header = {
  keyslots: { "0": slot },
  tokens: {},
  segments: { "0": segment },
  digests: { "0": digest },
  config: { json_size: "12288", keyslots_size: "16744448" },
};

const check = (json: unknown): unknown => checkHeader(utf8(typeof json === "string" ? json : JSON.stringify(json)));
const refused = { ok: false, failure: { code: "agent.disk-header" } };

describe("a LUKS2 header", () => {
  test("as Portcullis makes it passes, with AES-128 and AES-256 and several slots", () => {
    expect(check(header)).toMatchObject({ ok: true });
    expect(
      check({ ...header, keyslots: { "0": slot, "1": { ...slot, key_size: 32, area: { ...slot.area, key_size: 32 } } } }),
    ).toMatchObject({ ok: true });
  });

  test("with authenticated sectors passes, where its key has room for both keys", () => {
    const integrity = { type: "hmac(sha256)", journal_encryption: "none", journal_integrity: "none" };
    const authenticated = { ...header, segments: { "0": { ...segment, integrity } }, keyslots: { "0": { ...slot, key_size: 96 } } };
    expect(check(authenticated)).toMatchObject({ ok: true });
    expect(check({ ...authenticated, keyslots: { "0": { ...slot, key_size: 32 } } })).toMatchObject(refused);
    expect(check({ ...authenticated, segments: { "0": segment } })).toMatchObject(refused);
    for (const odd of ["none", "aead", "crc32c", "hmac(sha1)"])
      expect(check({ ...authenticated, segments: { "0": { ...segment, integrity: { ...integrity, type: odd } } } })).toMatchObject(refused);
    for (const odd of [null, "hmac(sha256)", []])
      expect(check({ ...authenticated, segments: { "0": { ...segment, integrity: odd } } })).toMatchObject(refused);
  });

  test.each([
    ["data in clear text", { ...header, segments: { "0": { ...segment, type: "linear" } } }],
    ["the null cipher for data", { ...header, segments: { "0": { ...segment, encryption: "cipher_null-ecb" } } }],
    ["another cipher for data", { ...header, segments: { "0": { ...segment, encryption: "aes-cbc-essiv:sha256" } } }],
    ["a second segment", { ...header, segments: { "0": segment, "1": { ...segment, type: "linear" } } }],
    ["a second segment, encrypted like the first", { ...header, segments: { "0": segment, "1": segment } }],
    ["no segment", { ...header, segments: {} }],
    ["the null cipher for a slot", { ...header, keyslots: { "0": { ...slot, area: { ...slot.area, encryption: "cipher_null-ecb" } } } }],
    [
      "the null cipher for a second slot",
      { ...header, keyslots: { "0": slot, "1": { ...slot, area: { ...slot.area, encryption: "cipher_null-ecb" } } } },
    ],
    ["a slot of a re-encryption", { ...header, keyslots: { "0": slot, "1": { ...slot, type: "reencrypt" } } }],
    ["a key of one byte", { ...header, keyslots: { "0": { ...slot, key_size: 1 } } }],
    ["a slot without an area", { ...header, keyslots: { "0": { ...slot, area: undefined } } }],
    ["no slot", { ...header, keyslots: {} }],
    ["flags on its segment", { ...header, segments: { "0": { ...segment, flags: ["backup-final"] } } }],
    ["data within the header", { ...header, segments: { "0": { ...segment, offset: "16777215" } } }],
    ["data nowhere", { ...header, segments: { "0": { ...segment, offset: undefined } } }],
    ["a token", { ...header, tokens: { "0": { type: "systemd-tpm2", keyslots: ["0"] } } }],
    ["no list of tokens", { ...header, tokens: undefined }],
    ["no digest", { ...header, digests: {} }],
    ["two digests", { ...header, digests: { "0": digest, "1": digest } }],
    ["a digest of another kind", { ...header, digests: { "0": { ...digest, type: "argon2id", time: 1, memory: 1, cpus: 1 } } }],
    ["a header above 32 MiB", { ...header, config: { ...header.config, keyslots_size: String(2 ** 25 - 32_767) } }],
    ["a size in another form", { ...header, config: { ...header.config, json_size: 12_288 } }],
    ["a requirement that nobody knows", { ...header, config: { ...header.config, requirements: { mandatory: ["later"] } } }],
    ["empty requirements", { ...header, config: { ...header.config, requirements: {} } }],
    ["requirements", { ...header, config: { ...header.config, requirements: { mandatory: ["online-reencrypt"] } } }],
    ["no config", { ...header, config: undefined }],
    ["a duplicate key", JSON.stringify(header).replace('"segments"', '"segments":{},"segments"')],
    ["nothing", ""],
    ["a list", "[]"],
  ])("with %s is refused", (_name, json) => {
    expect(check(json)).toMatchObject(refused);
  });

  const withKdf = (...kdfs: readonly unknown[]): unknown =>
    check({ ...header, keyslots: Object.fromEntries(kdfs.map((kdf, at) => [String(at), { ...slot, kdf }])) });
  const unit = 2 ** 20;

  test("may cost so much, and no more: PBKDF2", () => {
    const rounds = (iterations: unknown) => ({ ...slot.kdf, iterations });
    const most = mostEffort * unit - digest.iterations;
    expect(withKdf(rounds(most - 1))).toMatchObject({ ok: true });
    expect(withKdf(rounds(most))).toMatchObject({ ok: true });
    expect(withKdf(rounds(most + 1))).toMatchObject(refused);
    expect(withKdf(rounds(most / 2), rounds(most / 2 - digest.iterations))).toMatchObject({ ok: true });
    expect(withKdf(rounds(most / 2), rounds(most / 2 - digest.iterations + 1))).toMatchObject(refused);
    for (const odd of [0, -1, 1.5, 2 ** 31, "1000", null, undefined]) expect(withKdf(rounds(odd))).toMatchObject(refused);
    for (const hash of ["sha1", "whirlpool", 1]) expect(withKdf({ ...slot.kdf, hash })).toMatchObject(refused);
    expect(check({ ...header, digests: { "0": { ...digest, iterations: 2 ** 31 } } })).toMatchObject(refused);
  });

  test("may cost so much, and no more: Argon2", () => {
    const argon = { type: "argon2id", time: 4, memory: mostMemory, cpus: mostThreads, salt: "AA==" };
    expect(withKdf(argon)).toMatchObject({ ok: true });
    expect(withKdf({ ...argon, type: "argon2i" })).toMatchObject({ ok: true });
    expect(withKdf({ ...argon, memory: mostMemory - 1 })).toMatchObject({ ok: true });
    expect(withKdf({ ...argon, memory: mostMemory + 1, time: 1 })).toMatchObject(refused);
    expect(withKdf({ ...argon, cpus: mostThreads + 1 })).toMatchObject(refused);
    expect(withKdf({ ...argon, time: mostEffort - 1 })).toMatchObject({ ok: true });
    // The digest's rounds count too.
    expect(withKdf({ ...argon, time: mostEffort })).toMatchObject(refused);
    expect(withKdf({ ...argon, time: mostEffort + 1 })).toMatchObject(refused);
    expect(withKdf({ ...argon, time: mostEffort / 2 - 1 }, { ...argon, time: mostEffort / 2 })).toMatchObject({ ok: true });
    for (const odd of ["argon2d", "scrypt", undefined]) expect(withKdf({ ...argon, type: odd })).toMatchObject(refused);
    for (const odd of [undefined, {}, { ...argon, time: 0 }, { ...argon, memory: "64" }]) expect(withKdf(odd)).toMatchObject(refused);
  });

  test("has its slots' areas behind the JSON and within the room for them", () => {
    const withArea = (area: object): unknown => check({ ...header, keyslots: { "0": { ...slot, area: { ...slot.area, ...area } } } });
    expect(withArea({ offset: "32768" })).toMatchObject({ ok: true });
    expect(withArea({ offset: "32767" })).toMatchObject(refused);
    expect(withArea({ offset: String(16_777_216 - 258_048) })).toMatchObject({ ok: true });
    expect(withArea({ offset: String(16_777_217 - 258_048) })).toMatchObject(refused);
    for (const odd of ["0", "-1", "1e3", "99999999999999999999", 32_768, undefined]) expect(withArea({ size: odd })).toMatchObject(refused);
    expect(withArea({ type: "datashift" })).toMatchObject(refused);
  });

  test("any bytes give an answer", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => !checkHeader(noise).ok));
  });
});
