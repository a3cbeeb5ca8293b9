// Which ECDSA signature of P-384 stands in these bytes of ASN.1? SEQUENCE { INTEGER r, INTEGER s } in DER (RFC 3279, section 2.2.3), to r||s of
// 96 bytes. One form for one signature: what is not minimal, negative, too long or has something behind it is none.
import { concat } from "../../base/bytes.ts";
import { childrenOf, DerFault, derTag, expectTag, readDer, type DerNode } from "../../endorse/der.ts";

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
