// RSA keys and signatures that are the same in every run, small and worth nothing: for the one target whose parser asks OpenSSL whether keys and
// certificates belong together. Node's own keys and PSS signatures are never the same twice. RFC 8017, sections 3.2 and 9.1.1.
import { checkPrimeSync, constants, createHash, createPrivateKey, createPublicKey, type KeyObject, privateEncrypt } from "node:crypto";
import { concat, fromHex, toHex, u32be } from "../../core/base/bytes.ts";
import type { SigningKey } from "../../core/simulator/signing.ts";
import { Draw } from "./draw.ts";

export interface FixedKey {
  readonly key: KeyObject;
  readonly signing: SigningKey;
}

export function fixedRsaKey(seed: number): FixedKey {
  const draw = new Draw(seed, 0);
  const [p, q] = [prime(draw), prime(draw)];
  const n = p * q;
  const d = inverse(exponent, (p - 1n) * (q - 1n));
  const numbers = { n, e: exponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const members: Record<string, string> = {};
  for (const [name, value] of Object.entries(numbers)) members[name] = Buffer.from(bytesOf(value)).toString("base64url");
  const key = createPrivateKey({ format: "jwk", key: { kty: "RSA", ...members } });
  const spki = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }));
  return { key, signing: { spki, sign: (message) => sign(message, key) } };
}

/** RSASSA-PSS as AMD signs, with a salt that is always the same. */
function sign(message: Uint8Array, key: KeyObject): Uint8Array {
  const salt = new Uint8Array(hashLength).fill(0x5a);
  const hash = sha384(new Uint8Array(8), sha384(message), salt);
  const block = concat(new Uint8Array(modulusLength - 2 * hashLength - 2), Uint8Array.of(1), salt);
  const mask = concat(...[0, 1, 2].map((counter) => sha384(hash, u32be(counter))));
  const masked = block.map((byte, index) => byte ^ (mask[index] ?? 0));
  // The modulus has one bit more than what is signed.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  const encoded = concat(masked, hash, Uint8Array.of(0xbc));
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded));
}

function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    createHash("sha384")
      .update(concat(...parts))
      .digest(),
  );
}

/** 512 bits, the two highest set, so that the product of two has 1024. */
function prime(draw: Draw): bigint {
  for (;;) {
    const bytes = draw.bytes(modulusLength / 2);
    bytes[0] = (bytes[0] ?? 0) | 0xc0;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
    const candidate = BigInt(`0x${toHex(bytes)}`);
    if (candidate % exponent !== 1n && checkPrimeSync(candidate)) return candidate;
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a !== 1n) {
    const quotient = b / a;
    [a, b, x, y] = [b % a, a, y - quotient * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`) ?? new Uint8Array(0);
}

const exponent = 65_537n;
const modulusLength = 128;
const hashLength = 48;
