// What can nobody save? One P-384 verification of a report's own bytes by node:crypto, with the key and the signature ready beforehand.
// Shares no code with what it is compared to.
import { createPublicKey, verify } from "node:crypto";
import { signedLength } from "../../core/snp/report.ts";

/** @param spki of the key that signed, DER. */
export function bareVerification(report: Uint8Array, spki: Uint8Array): () => boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const message = report.subarray(0, signedLength);
  const signature = p1363(report);
  return () => verify("sha384", message, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** r and s lie in the report little endian, 72 bytes each. AMD 56860, signature format. */
function p1363(report: Uint8Array): Uint8Array {
  const half = (at: number): Uint8Array => report.slice(at, at + 48).reverse();
  return Uint8Array.of(...half(signedLength), ...half(signedLength + 72));
}
