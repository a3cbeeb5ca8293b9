// Which P-384 private key is in an owner's file? PEM (PKCS #8 or RFC 5915) without a passphrase, as OpenSSL writes it. The bytes are wiped
// here as far as they are ours; the file stays where it is. Never another curve, and never a key in text.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { readBounded } from "./files.ts";

/** 48 bytes, big endian; the caller wipes them. `id-key.file`, `id-key.curve`, `files.*`. */
export function readP384Key(path: string): Result<Secret> {
  const read = readBounded(path, maximumFile);
  if (!read.ok) return read;
  if (read.value === undefined) return fail(failure("files.unreadable", path));
  const key = parseKey(read.value);
  read.value.fill(0);
  if (key === undefined) return fail(failure("id-key.file", path));
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "secp384r1") return fail(failure("id-key.curve", path));
  const der = key.export({ format: "der", type: "sec1" });
  const scalar = scalarOf(der);
  der.fill(0);
  return scalar === undefined ? fail(failure("id-key.file", path)) : ok(scalar);
}

function parseKey(pem: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey({ key: Buffer.from(pem.buffer, pem.byteOffset, pem.length), format: "pem" });
  } catch {
    return undefined;
  }
}

/** RFC 5915: SEQUENCE (with a length of two bytes, because the public key follows), INTEGER 1, OCTET STRING of 48 bytes. */
function scalarOf(der: Uint8Array): Secret | undefined {
  const expected = [0x30, 0x81, undefined, 0x02, 0x01, 0x01, 0x04, scalarLength];
  const whole = der.length > scalarAt + scalarLength && expected.every((byte, at) => byte === undefined || byte === der[at]);
  return whole ? new Secret(new Uint8Array(der.subarray(scalarAt, scalarAt + scalarLength))) : undefined;
}

const maximumFile = 16_384;
const scalarAt = 8;
const scalarLength = 48;
