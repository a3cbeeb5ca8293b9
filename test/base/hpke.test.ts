// Does the suite seal and open as RFC 9180 and the X-Wing draft say, and does it refuse whatever was not meant for this key, launch and disk?
// The second opinion is written here with node:crypto alone.
import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, decapsulate, diffieHellman } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encapsulatedLength, makeSealingKey, openWith, sealTo, sealingKeyLength, tagLength } from "../../core/base/hpke.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { systemRandom } from "../../core/node/random.ts";

const info = utf8("alp/1 release and a transcript");
const aad = utf8("root");
const diskKey = new Uint8Array(32).map((_, index) => index + 1);

describe("sealing", () => {
  test("what is sealed opens again, and its parts have the protocol's lengths", async () => {
    const key = await makeSealingKey(systemRandom);
    expect(key.publicKey).toHaveLength(sealingKeyLength);
    const sealed = must(await sealTo({ publicKey: key.publicKey, info, aad, random: systemRandom }, new Secret(diskKey.slice())));
    expect(sealed.encapsulated).toHaveLength(encapsulatedLength);
    expect(sealed.ciphertext).toHaveLength(diskKey.length + tagLength);
    const opened = must(await openWith(key.privateKey, { ...sealed, info, aad }));
    expect(opened.use((bytes) => bytes.slice())).toEqual(diskKey);
  });

  test("an independent X-Wing and HPKE open what was sealed", async () => {
    const key = await makeSealingKey(systemRandom);
    const sealed = must(await sealTo({ publicKey: key.publicKey, info, aad, random: systemRandom }, new Secret(diskKey.slice())));
    const seed = key.privateKey.use((bytes) => bytes.slice());
    expect(openIndependently(seed, key.publicKey, sealed.encapsulated, sealed.ciphertext)).toEqual(diskKey);
  });

  test("the same randomness gives the same bytes: nothing else is drawn", async () => {
    const fixed = { bytes: (length: number) => new Uint8Array(length).fill(7) };
    const [one, two] = [await makeSealingKey(fixed), await makeSealingKey(fixed)];
    expect(one.publicKey).toEqual(two.publicKey);
    const seal = (): ReturnType<typeof sealTo> =>
      sealTo({ publicKey: one.publicKey, info, aad, random: fixed }, new Secret(diskKey.slice()));
    expect(await seal()).toEqual(await seal());
  });

  test("keeps the caller's secret, and a wiped one is a bug", async () => {
    const { publicKey } = await makeSealingKey(systemRandom);
    const secret = new Secret(diskKey.slice());
    await sealTo({ publicKey, info, aad, random: systemRandom }, secret);
    expect(secret.use((bytes) => bytes.slice())).toEqual(diskKey);
    secret.wipe();
    await expect(sealTo({ publicKey, info, aad, random: systemRandom }, secret)).rejects.toThrow("wiped");
  });

  test.each([
    ["too short", new Uint8Array(sealingKeyLength - 1)],
    ["too long", new Uint8Array(sealingKeyLength + 1)],
    ["an X25519 point of low order", new Uint8Array(sealingKeyLength)],
    ["coefficients above the modulus", new Uint8Array(sealingKeyLength).fill(255)],
  ])("refuses a public key that is %s", async (_name, publicKey) => {
    const sealed = await sealTo({ publicKey, info, aad, random: systemRandom }, new Secret(diskKey.slice()));
    expect(sealed).toMatchObject({ ok: false, failure: { code: "launch.sealing-key" } });
  });
});

describe("opening refuses", () => {
  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

  test("another key, launch, disk, and every changed part", async () => {
    const key = await makeSealingKey(systemRandom);
    const other = await makeSealingKey(systemRandom);
    const sealed = must(await sealTo({ publicKey: key.publicKey, info, aad, random: systemRandom }, new Secret(diskKey.slice())));
    const good = { ...sealed, info, aad };
    const { encapsulated, ciphertext } = sealed;
    const attempts = [
      await openWith(other.privateKey, good),
      await openWith(key.privateKey, { ...good, info: utf8("another launch") }),
      await openWith(key.privateKey, { ...good, aad: utf8("data") }),
      await openWith(key.privateKey, { ...good, encapsulated: flip(encapsulated, 0) }),
      await openWith(key.privateKey, { ...good, encapsulated: flip(encapsulated, encapsulatedLength - 1) }),
      await openWith(key.privateKey, { ...good, ciphertext: flip(ciphertext, 0) }),
      await openWith(key.privateKey, { ...good, ciphertext: flip(ciphertext, ciphertext.length - 1) }),
      await openWith(key.privateKey, { ...good, ciphertext: ciphertext.subarray(1) }),
      await openWith(key.privateKey, { ...good, ciphertext: new Uint8Array(tagLength) }),
      await openWith(key.privateKey, { ...good, encapsulated: encapsulated.subarray(1) }),
    ];
    for (const attempt of attempts) expect(attempt).toMatchObject({ ok: false, failure: { code: "launch.sealed-key" } });
    expect((await openWith(key.privateKey, good)).ok).toBe(true);
  });
});

/** RFC 9180 with KEM 0x647a, KDF 1, AEAD 2, in base mode; X-Wing as in draft-connolly-cfrg-xwing-kem. */
function openIndependently(seed: Uint8Array, publicKey: Uint8Array, encapsulated: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const shared = decapsulateXWing(seed, publicKey, encapsulated);
  const suiteId = Buffer.concat([Buffer.from("HPKE"), Buffer.from("647a00010002", "hex")]);
  const empty = new Uint8Array(0);
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
    createHmac("sha256", salt.length === 0 ? new Uint8Array(32) : salt)
      .update("HPKE-v1")
      .update(suiteId)
      .update(label)
      .update(ikm)
      .digest();
  const context = Buffer.concat([Buffer.of(0), extract(empty, "psk_id_hash", empty), extract(empty, "info_hash", info)]);
  const secret = extract(shared, "secret", empty);
  const expand = (label: string, length: number): Buffer => {
    const size = Buffer.from([length >> 8, length & 255]);
    const block = createHmac("sha256", secret)
      .update(size)
      .update("HPKE-v1")
      .update(suiteId)
      .update(label)
      .update(context)
      .update(Buffer.of(1))
      .digest();
    return block.subarray(0, length);
  };
  const decipher = createDecipheriv("aes-256-gcm", expand("key", 32), expand("base_nonce", 12));
  decipher.setAAD(aad);
  decipher.setAuthTag(ciphertext.subarray(-tagLength));
  return new Uint8Array(Buffer.concat([decipher.update(ciphertext.subarray(0, -tagLength)), decipher.final()]));
}

function decapsulateXWing(seed: Uint8Array, publicKey: Uint8Array, encapsulated: Uint8Array): Buffer {
  const expanded = createHash("shake256", { outputLength: 96 }).update(seed).digest();
  // PKCS#8 of an ML-KEM-768 private key in seed form (RFC 9935), and of an X25519 key (RFC 8410).
  const mlKem = Buffer.concat([Buffer.from("3054020100300b060960864801650304040204428040", "hex"), expanded.subarray(0, 64)]);
  const x25519 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), expanded.subarray(64)]);
  const point = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), encapsulated.subarray(1088)]);
  const sharedM = decapsulate(createPrivateKey({ key: mlKem, format: "der", type: "pkcs8" }), encapsulated.subarray(0, 1088));
  const sharedX = diffieHellman({
    privateKey: createPrivateKey({ key: x25519, format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: point, format: "der", type: "spki" }),
  });
  const label = Buffer.from("5c2e2f2f5e5c", "hex");
  return createHash("sha3-256")
    .update(sharedM)
    .update(sharedX)
    .update(encapsulated.subarray(1088))
    .update(publicKey.subarray(1184))
    .update(label)
    .digest();
}
