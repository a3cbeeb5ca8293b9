// Which P-384 public key is in an owner's PEM file, and how is one written? RFC 5480, the one form with an uncompressed point; anything
// else is refused.
import { equalBytes } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { spkiOf, type P384Point } from "../snp/id-block.ts";
import { encodePem, parseEach } from "./pem.ts";

/**
 * @param bytes of a file with exactly one key, PEM or DER. Whether the point is on the curve is told by the first signature that is to be
 * verified.
 */
export function readP384PublicKey(bytes: Uint8Array): Result<P384Point> {
  const keys = parseEach(bytes, { label: "PUBLIC KEY", maximum: maximumFile, malformed: "id-key.public-file", parse: pointFrom });
  if (!keys.ok) return keys;
  const [point, ...others] = keys.value;
  return point === undefined || others.length > 0 ? fail(failure("id-key.public-file", `${keys.value.length} keys`)) : ok(point);
}

export function writeP384PublicKey(point: P384Point): string {
  return encodePem(spkiOf(point), "PUBLIC KEY");
}

function pointFrom(der: Uint8Array): Result<P384Point> {
  const point = der.slice(-pointLength);
  // There is one way to write a key: what differs anywhere is another curve, another form or has something behind it.
  return der.length > pointLength && equalBytes(spkiOf(point), der) ? ok(point) : fail(failure("id-key.public-file", "not P-384"));
}

const maximumFile = 16_384;
const pointLength = 96;
