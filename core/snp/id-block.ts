// What does an owner say about an image before it launches? ID_BLOCK and ID_AUTH: the launch digest that must come out, names, a security version and a guest
// policy, signed by the owner's ID key, and that key by an author key. AMD 56860, SNP_LAUNCH_FINISH. Holds no private key.
import { concat, equalBytes, fromHex, isZero, viewOf } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export interface IdBlock {
  /** 48 bytes: a launch with another measurement fails. */
  readonly launchDigest: Uint8Array;
  /** 16 bytes. */
  readonly familyId: Uint8Array;
  /** 16 bytes. */
  readonly imageId: Uint8Array;
  readonly guestSvn: number;
  /** POLICY, 64 bits: a launch with another one fails. */
  readonly policy: bigint;
}

/** A P-384 public key: x and y, big endian, 96 bytes. */
export type P384Point = Uint8Array;

export interface IdAuth {
  readonly idKey: P384Point;
  /** Over the ID block, r||s, 96 bytes. */
  readonly idBlockSignature: Uint8Array;
  readonly author: { readonly key: P384Point /** Over ID_KEY, r||s, 96 bytes. */; readonly signature: Uint8Array } | undefined;
}

/** 96 bytes. */
export function encodeIdBlock({ launchDigest, familyId, imageId, guestSvn, policy }: IdBlock): Uint8Array {
  if (launchDigest.length !== 48 || familyId.length !== 16 || imageId.length !== 16) throw new Error("an ID block of other lengths");
  const block = new Uint8Array(idBlockLength);
  block.set(launchDigest);
  block.set(familyId, 0x30);
  block.set(imageId, 0x40);
  const view = viewOf(block);
  view.setUint32(0x50, idBlockVersion, true);
  view.setUint32(0x54, guestSvn, true);
  view.setBigUint64(0x58, policy, true);
  return block;
}

export function parseIdBlock(bytes: Uint8Array): Result<IdBlock> {
  if (bytes.length !== idBlockLength) return malformed(`${bytes.length} bytes`);
  const view = viewOf(bytes);
  if (view.getUint32(0x50, true) !== idBlockVersion) return malformed(`version ${view.getUint32(0x50, true)}`);
  return ok({
    launchDigest: bytes.slice(0, 0x30),
    familyId: bytes.slice(0x30, 0x40),
    imageId: bytes.slice(0x40, 0x50),
    guestSvn: view.getUint32(0x54, true),
    policy: view.getBigUint64(0x58, true),
  });
}

/** 4096 bytes. */
export function encodeIdAuth({ idKey, idBlockSignature, author }: IdAuth): Uint8Array {
  const auth = new Uint8Array(idAuthLength);
  const view = viewOf(auth);
  view.setUint32(0, ecdsaP384, true);
  view.setUint32(4, author === undefined ? 0 : ecdsaP384, true);
  auth.set(encodeSignature(idBlockSignature), idBlockSignatureAt);
  auth.set(keyStructure(idKey), idKeyAt);
  if (author !== undefined) {
    auth.set(encodeSignature(author.signature), idKeySignatureAt);
    auth.set(keyStructure(author.key), authorKeyAt);
  }
  return auth;
}

export function parseIdAuth(bytes: Uint8Array): Result<IdAuth> {
  if (bytes.length !== idAuthLength) return malformed(`${bytes.length} bytes`);
  const view = viewOf(bytes);
  const [idAlgorithm, authorAlgorithm] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (idAlgorithm !== ecdsaP384 || authorAlgorithm > ecdsaP384) return malformed("algorithm");
  for (const [from, to] of reserved) if (!isZero(bytes.subarray(from, to))) return malformed(`reserved bytes at 0x${from.toString(16)}`);
  const idKey = parseKey(bytes.subarray(idKeyAt, idKeyAt + keyLength));
  const idBlockSignature = parseSignature(bytes.subarray(idBlockSignatureAt, idBlockSignatureAt + signatureLength));
  if (idKey === undefined || idBlockSignature === undefined) return malformed("ID key or its signature");
  const [keyBytes, signatureBytes] = [
    bytes.subarray(authorKeyAt, authorKeyAt + keyLength),
    bytes.subarray(idKeySignatureAt, idKeySignatureAt + signatureLength),
  ];
  if (authorAlgorithm === 0) {
    if (!isZero(keyBytes) || !isZero(signatureBytes)) return malformed("an author key that is not announced");
    return ok({ idKey, idBlockSignature, author: undefined });
  }
  const [key, signature] = [parseKey(keyBytes), parseSignature(signatureBytes)];
  if (key === undefined || signature === undefined) return malformed("author key or its signature");
  return ok({ idKey, idBlockSignature, author: { key, signature } });
}

/** Did these keys sign this block? */
export function verifyIdAuth({ idKey, idBlockSignature, author }: IdAuth, block: Uint8Array, primitives: Primitives): Result<true> {
  if (!primitives.verifyP384(spkiOf(idKey), block, idBlockSignature)) return fail(failure("snp.id-block-signature"));
  if (author !== undefined && !primitives.verifyP384(spkiOf(author.key), keyStructure(idKey), author.signature))
    return fail(failure("snp.id-key-signature"));
  return ok(true);
}

/** ID_KEY_DIGEST and AUTHOR_KEY_DIGEST of the report: SHA-384 over the key's structure, 48 bytes. */
export function keyDigest(key: P384Point, primitives: Primitives): Uint8Array {
  return primitives.digest("sha384", keyStructure(key));
}

/** What an author key signs: the curve and the point, little endian, 0x404 bytes. */
export function keyStructure(key: P384Point): Uint8Array {
  if (key.length !== 2 * scalarLength) throw new Error("not a point of P-384");
  const structure = new Uint8Array(keyLength);
  viewOf(structure).setUint32(0, curveP384, true);
  structure.set(key.slice(0, scalarLength).reverse(), 4);
  structure.set(key.slice(scalarLength).reverse(), 4 + fieldLength);
  return structure;
}

/** SubjectPublicKeyInfo, DER: what WebCrypto and OpenSSL read. */
export function spkiOf(key: P384Point): Uint8Array {
  return concat(spkiHead, key);
}

function parseKey(bytes: Uint8Array): P384Point | undefined {
  if (viewOf(bytes).getUint32(0, true) !== curveP384) return undefined;
  const point = concat(bytes.slice(4, 4 + scalarLength).reverse(), bytes.slice(4 + fieldLength, 4 + fieldLength + scalarLength).reverse());
  // The point is all that there is: whatever else stands there was put there by somebody.
  return equalBytes(keyStructure(point), bytes) ? point : undefined;
}

function encodeSignature(signature: Uint8Array): Uint8Array {
  if (signature.length !== 2 * scalarLength) throw new Error("not a signature of P-384");
  const bytes = new Uint8Array(signatureLength);
  bytes.set(signature.slice(0, scalarLength).reverse());
  bytes.set(signature.slice(scalarLength).reverse(), fieldLength);
  return bytes;
}

function parseSignature(bytes: Uint8Array): Uint8Array | undefined {
  const signature = concat(bytes.slice(0, scalarLength).reverse(), bytes.slice(fieldLength, fieldLength + scalarLength).reverse());
  return equalBytes(encodeSignature(signature), bytes) ? signature : undefined;
}

function malformed(detail: string): Result<never> {
  return fail(failure("snp.id-block-malformed", detail));
}

export const idBlockLength = 96;
export const idAuthLength = 4096;
const idBlockVersion = 1;
const ecdsaP384 = 1;
const curveP384 = 2;
const scalarLength = 48;
/** Scalars are extended with zeros to this. */
const fieldLength = 72;
const keyLength = 0x404;
const signatureLength = 512;
const idBlockSignatureAt = 0x40;
const idKeyAt = 0x240;
const idKeySignatureAt = 0x680;
const authorKeyAt = 0x880;
const reserved = [
  [0x8, 0x40],
  [0x644, 0x680],
  [0xc84, idAuthLength],
] as const;
/** RFC 5480: id-ecPublicKey on secp384r1, an uncompressed point. */
const spkiHead = fromHex("3076301006072a8648ce3d020106052b8104002203620004") ?? new Uint8Array(0);
