// How is an ECDSA signature of P-384 written in ASN.1? SEQUENCE { INTEGER r, INTEGER s } in DER (RFC 3279, section 2.2.3), and as r||s of
// 96 bytes. One form for one signature: what is not minimal, negative, too long or has something behind it is none.
import { concat } from "../../base/bytes.ts";
import { childrenOf, DerFault, derTag, expectTag, readDer, type DerNode } from "../../endorse/der.ts";

/** @param signature r||s, 96 bytes. */
export function encodeEcdsaDer(signature: Uint8Array): Uint8Array {
  if (signature.length !== 2 * scalarLength) throw new Error("not a signature of P-384");
  const numbers = [signature.subarray(0, scalarLength), signature.subarray(scalarLength)].map(encodeInteger);
  const content = concat(...numbers);
  return concat(Uint8Array.of(derTag.sequence, content.length), content);
}

/** @returns r||s, 96 bytes; undefined for anything else than one signature. */
export function parseEcdsaDer(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length > maximumLength) return undefined;
  try {
    const [r, s, ...others] = childrenOf(readDer(bytes, derTag.sequence)).map(scalarOf);
    return r === undefined || s === undefined || others.length > 0 ? undefined : concat(r, s);
  } catch (cause) {
    if (cause instanceof DerFault) return undefined;
    throw cause;
  }
}

function encodeInteger(scalar: Uint8Array): Uint8Array {
  const first = scalar.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : scalar.subarray(first);
  // A first bit of 1 would make it negative.
  const content = (digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
  return concat(Uint8Array.of(derTag.integer, content.length), content);
}

function scalarOf(node: DerNode): Uint8Array {
  const { content } = expectTag(node, derTag.integer);
  const [first = 0x80, second] = content;
  if (first >= 0x80) throw new DerFault("integer empty or negative");
  if (first === 0 && second !== undefined && second < 0x80) throw new DerFault("integer not minimal");
  const digits = first === 0 ? content.subarray(1) : content;
  if (digits.length > scalarLength) throw new DerFault("integer too long");
  const scalar = new Uint8Array(scalarLength);
  scalar.set(digits, scalarLength - digits.length);
  return scalar;
}

const scalarLength = 48;
/** Two integers of 49 bytes with their heads, and the sequence's. */
const maximumLength = 104;
