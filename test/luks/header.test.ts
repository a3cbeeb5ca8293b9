// Is a header that asks for no encryption, or for another one, refused? The host can write any header it likes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHeader } from "../../core/luks/header.ts";
import { utf8 } from "../../core/base/utf8.ts";

const slot = {
  type: "luks2",
  key_size: 64,
  area: { type: "raw", offset: "32768", size: "258048", encryption: "aes-xts-plain64", key_size: 64 },
  kdf: { type: "pbkdf2", hash: "sha256", iterations: 1000, salt: "AA==" },
};
const segment = { type: "crypt", offset: "16777216", size: "dynamic", iv_tweak: "0", encryption: "aes-xts-plain64", sector_size: 512 };
const header = {
  keyslots: { "0": slot },
  tokens: {},
  segments: { "0": segment },
  digests: {},
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
    ["requirements", { ...header, config: { ...header.config, requirements: { mandatory: ["online-reencrypt"] } } }],
    ["no config", { ...header, config: undefined }],
    ["a duplicate key", JSON.stringify(header).replace('"segments"', '"segments":{},"segments"')],
    ["nothing", ""],
    ["a list", "[]"],
  ])("with %s is refused", (_name, json) => {
    expect(check(json)).toMatchObject(refused);
  });

  test("any bytes give an answer", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => !checkHeader(noise).ok));
  });
});
