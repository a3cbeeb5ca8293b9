// Which bytes did somebody sign, and as what? DSSE v1.0 (secure-systems-lab/dsse: protocol.md, envelope.md), read strictly: one object,
// standard base64, no member that is not known. A signature covers the payload's type with the payload. It never takes a key from the file:
// the owner names one.
import { concat, fromBase64, toBase64, toHex } from "../../base/bytes.ts";
import type { Primitives } from "../../base/crypto.ts";
import { encodeEcdsaDer } from "../../base/ecdsa-der.ts";
import { failure } from "../../base/failure.ts";
import { canonicalJson, type Json } from "../../base/json.ts";
import { fail, ok, type Fail, type Result } from "../../base/result.ts";
import { utf8 } from "../../base/utf8.ts";
import { spkiOf, type P384Point } from "../../snp/id-block.ts";
import { parseEcdsaDer } from "./ecdsa-der.ts";
import { isList, isObject, objectFrom } from "./json-shapes.ts";

export interface Envelope {
  readonly payload: Uint8Array;
  /** At least one. The key id is a hint of whoever wrote the file, and proves nothing. */
  readonly signatures: readonly { readonly keyId: string; readonly signature: Uint8Array }[];
}

/** What a signature covers (PAE): "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body. */
export function signedBytes(payload: Uint8Array): Uint8Array {
  // The only type that is written or read here, and all of it ASCII.
  return concat(utf8(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload);
}

/** @param signature r||s, 96 bytes, over {@link signedBytes}. */
export function encodeEnvelope(payload: Uint8Array, key: P384Point, signature: Uint8Array, primitives: Primitives): string {
  const signatures = [{ keyid: keyIdOf(key, primitives), sig: toBase64(encodeEcdsaDer(signature)) }];
  return `${canonicalJson({ payloadType, payload: toBase64(payload), signatures })}\n`;
}

/** `reference.malformed`, `reference.payload-type`. */
export function parseEnvelope(bytes: Uint8Array): Result<Envelope> {
  if (bytes.length > maximumEnvelope) return malformed(`${bytes.length} bytes`);
  const json = objectFrom(bytes);
  if (!json.ok) return json;
  const { payload, payloadType: type, signatures, ...others } = json.value;
  if (typeof type !== "string" || typeof payload !== "string" || !isList(signatures)) return malformed("not a DSSE envelope");
  if (Object.keys(others).length > 0) return malformed("a member that DSSE does not name");
  if (type !== payloadType) return fail(failure("reference.payload-type", type.slice(0, 100)));
  const body = fromBase64(payload);
  if (body === undefined) return malformed("payload is not base64");
  if (signatures.length < 1 || signatures.length > maximumSignatures) return malformed(`${signatures.length} signatures`);
  const read = signatures.map(signatureFrom);
  const whole = read.flatMap((one) => one ?? []);
  return whole.length === read.length ? ok({ payload: body, signatures: whole }) : malformed("a signature");
}

/** Did this key sign it? One signature of its own is enough; others may be there. `reference.signature`. */
export function verifyEnvelope({ payload, signatures }: Envelope, key: P384Point, primitives: Primitives): Result<true> {
  const covered = signedBytes(payload);
  const spki = spkiOf(key);
  const signed = signatures.some(({ signature }) => {
    const plain = parseEcdsaDer(signature);
    return plain !== undefined && primitives.verifyP384(spki, covered, plain);
  });
  return signed ? ok(true) : fail(failure("reference.signature"));
}

/** SHA-256 of the SubjectPublicKeyInfo, hex. */
export function keyIdOf(key: P384Point, primitives: Primitives): string {
  return toHex(primitives.digest("sha256", spkiOf(key)));
}

function signatureFrom(json: Json): Envelope["signatures"][number] | undefined {
  if (!isObject(json)) return undefined;
  const { keyid = "", sig, ...others } = json;
  if (typeof keyid !== "string" || keyid.length > maximumKeyId || typeof sig !== "string" || sig.length > maximumSignature)
    return undefined;
  const signature = fromBase64(sig);
  return signature === undefined || signature.length === 0 || Object.keys(others).length > 0 ? undefined : { keyId: keyid, signature };
}

function malformed(detail: string): Fail {
  return fail(failure("reference.malformed", detail));
}

const payloadType = "application/vnd.in-toto+json";
/** Far above 256 values with the longest command lines and names. */
export const maximumEnvelope = 4_194_304;
const maximumSignatures = 16;
const maximumKeyId = 256;
/** Base64 of other people's longer signatures, which are passed over. */
const maximumSignature = 2_048;
