// The Primitives port on node:crypto, for OpenSSL and BoringSSL builds alike. Keys are parsed once and kept in a bounded cache, because the
// same chips and issuers come back. Never chooses an algorithm: the caller's format did.
import { type KeyObject, constants, createPublicKey, hash, verify } from "node:crypto";
import type { Primitives } from "../base/crypto.ts";
import { encodeEcdsaDer } from "../base/ecdsa-der.ts";

export const nodePrimitives: Primitives = {
  digest(name, ...parts) {
    const [first, ...others] = parts;
    const whole = first === undefined || others.length > 0 ? Buffer.concat(parts) : first;
    // In one call, and as text: a Hash object and a Buffer for each digest cost more than the digest itself, and again when they are collected.
    return fromBinary(hash(name, whole, "binary"));
  },

  verifyP384(spki, message, signature) {
    const key = publicKey(spki);
    if (key === undefined || !key.isP384) return false;
    if (signature.length !== p1363Length) return false;
    // The key as it is, without options around it: Node finds out that those are no key by an exception, at a twentieth of the whole.
    return holds(() => verify("sha384", message, key.object, encodeEcdsaDer(signature)));
  },

  verifyPss384(spki, message, signature) {
    const key = publicKey(spki);
    if (key === undefined || !key.isRsa) return false;
    // BoringSSL needs the salt length said; "sha384" also chooses the MGF1 digest.
    const pss = { key: key.object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength };
    return holds(() => verify("sha384", message, pss, signature));
  },
};

interface PublicKey {
  readonly object: KeyObject;
  /** Asked once: the object asks OpenSSL anew each time. */
  readonly isP384: boolean;
  readonly isRsa: boolean;
}

function publicKey(spki: Uint8Array): PublicKey | undefined {
  // A character for each byte: base64 takes twice as long.
  const name = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString("latin1");
  const known = keys.get(name);
  if (known !== undefined) return known;
  try {
    const object = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    const isP384 = object.asymmetricKeyType === "ec" && object.asymmetricKeyDetails?.namedCurve === "secp384r1";
    const key = { object, isP384, isRsa: object.asymmetricKeyType === "rsa" };
    // Insertion order stands in for age: issuers come back soon enough after they were dropped.
    const oldest = keys.keys().next();
    if (keys.size === maximumKeys && oldest.done === false) keys.delete(oldest.value);
    keys.set(name, key);
    return key;
  } catch {
    return undefined;
  }
}

/** The port answers false for what is not a valid signature, where node:crypto may throw. */
function holds(question: () => boolean): boolean {
  try {
    return question();
  } catch {
    return false;
  }
}

function fromBinary(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const keys = new Map<string, PublicKey>();
/** One for each chip of a large fleet. */
const maximumKeys = 16_384;
const p1363Length = 96;
const pssSaltLength = 48;
