// The Signing port on node:crypto, for OpenSSL and BoringSSL builds alike: constant time, fresh nonces, and no copy of the scalar that a
// JavaScript number or text would leave behind. RFC 5915 (ECPrivateKey). Keeps no key: each is made from the scalar and dropped after one
// use.
import { type KeyObject, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { concat, fromHex } from "../base/bytes.ts";
import type { Signing } from "../base/crypto.ts";

export const nodeSigning: Signing = {
  publicKeyP384(scalar) {
    const key = privateKey(scalar);
    if (key === undefined) return undefined;
    return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-pointLength));
  },

  signP384(scalar, message) {
    const key = privateKey(scalar);
    if (key === undefined) throw new Error("not a private key of P-384");
    return new Uint8Array(sign("sha384", message, { key, dsaEncoding: "ieee-p1363" }));
  },
};

function privateKey(scalar: Uint8Array): KeyObject | undefined {
  if (!isScalar(scalar)) return undefined;
  const der = concat(head, scalar, curve);
  try {
    return createPrivateKey({ key: Buffer.from(der.buffer), format: "der", type: "sec1" });
  } finally {
    der.fill(0);
  }
}

/** 1 to the order less 1. Not every library looks. */
function isScalar(scalar: Uint8Array): boolean {
  if (scalar.length !== order.length) return false;
  let [borrow, any] = [0, 0];
  // The whole subtraction, so that time does not tell where the two differ.
  for (let i = order.length - 1; i >= 0; i--) {
    const byte = scalar[i] ?? 0;
    borrow = byte - (order[i] ?? 0) - borrow < 0 ? 1 : 0;
    any |= byte;
  }
  return borrow === 1 && any !== 0;
}

/** SEQUENCE { INTEGER 1, OCTET STRING of 48 bytes, … */
const head = fromHex("303e0201010430") ?? new Uint8Array(0);
/** … [0] { OBJECT IDENTIFIER secp384r1 } } */
const curve = fromHex("a00706052b81040022") ?? new Uint8Array(0);
/** FIPS 186-4, D.1.2.4: n of P-384. */
const order =
  fromHex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973") ?? new Uint8Array(0);
const pointLength = 96;
