// How is an ECDSA signature of P-384 written for those that read ASN.1? SEQUENCE { INTEGER r, INTEGER s } (RFC 3279 section 2.2.3), in the one form that DER
// allows. On the way of every verification: one piece of memory, written once.

/** @param signature r||s, 96 bytes (IEEE P1363). */
export function encodeEcdsaDer(signature: Uint8Array): Uint8Array {
  if (signature.length !== p1363Length) throw new Error("not a signature of P-384");
  const scalar = p1363Length / 2;
  const der = new Uint8Array(longest);
  let end = 2;
  for (let start = 0; start < p1363Length; start += scalar) {
    let first = start;
    while (first < start + scalar - 1 && signature[first] === 0) first++;
    // A number whose first bit is set would be below zero.
    const sign = (signature[first] ?? 0) >> 7;
    const length = start + scalar - first;
    der[end] = integerTag;
    der[end + 1] = sign + length;
    der.set(signature.subarray(first, start + scalar), end + 2 + sign);
    end += 2 + sign + length;
  }
  der[0] = sequenceTag;
  der[1] = end - 2;
  return der.subarray(0, end);
}

const p1363Length = 96;
const sequenceTag = 0x30;
const integerTag = 0x02;
/** Two numbers of 48 bytes with a tag, a length and a sign each, in a sequence with a tag and a length. */
const longest = p1363Length + 8;
