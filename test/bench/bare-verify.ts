// What can nobody save? One P-384 verification of a report's own bytes by node:crypto, as cheap as it can be called: key and signature are ready
// beforehand, in the forms that need no options. Shares no code with what it is compared to.
import { createPublicKey, verify } from "node:crypto";
import { signedLength } from "../../core/snp/report.ts";

/** @param spki of the key that signed, DER. */
export function bareVerification(report: Uint8Array, spki: Uint8Array): () => boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const message = report.subarray(0, signedLength);
  const signature = derSignature(report);
  return () => verify("sha384", message, key, signature);
}

/** r and s lie in the report little endian, 72 bytes each. AMD 56860, signature format; here as SEQUENCE { INTEGER r, INTEGER s }. */
function derSignature(report: Uint8Array): Uint8Array {
  const integer = (at: number): number[] => {
    const bigEndian = Buffer.from(report.slice(at, at + 72).reverse());
    const digits = BigInt(`0x${bigEndian.toString("hex")}`).toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    const bytes = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, "hex");
    return [0x02, bytes.length, ...bytes];
  };
  const both = [...integer(signedLength), ...integer(signedLength + 72)];
  return Uint8Array.of(0x30, both.length, ...both);
}
