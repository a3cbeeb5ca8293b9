// Which launch measurements does a CoRIM name? draft-ietf-rats-corim, signed (COSE_Sign1, ES384) or not, with AMD's SEV-SNP profile
// (draft-deeglaze-amd-sev-snp-corim-profile-02: MEASUREMENT is mkey 641). Only what is sure is taken; everything else is named as not
// taken. It judges no signature: references.ts does.
import { encode } from "cborg";
import { toHex } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { CborTag, isCborList, isCborMap, readCbor, untagged, type Cbor, type CborMap } from "./cbor.ts";
import { readTriples, type TakenValues } from "./corim-triples.ts";

export interface Corim extends TakenValues {
  /** Undefined where nobody signed it. */
  readonly signed: { readonly covered: Uint8Array /** r||s, 96 bytes. */; readonly signature: Uint8Array } | undefined;
  readonly profile: string;
  /** When it is valid, as whoever made it says; Unix seconds. */
  readonly validity: readonly Validity[];
}

export interface Validity {
  readonly from: number | undefined;
  readonly until: number | undefined;
}

/** `reference.malformed`, `reference.corim-form`. */
export function parseCorim(bytes: Uint8Array): Result<Corim> {
  if (bytes.length > maximumCorim) return malformed(`${bytes.length} bytes`);
  const read = readCbor(bytes, knownTags);
  if (!read.ok) return read;
  // Older drafts wrap both kinds once more.
  const outer = untagged(read.value, wrapped) ?? read.value;
  const cose = untagged(untagged(outer, wrappedSigned) ?? outer, coseSign1);
  if (cose === undefined) return corimFrom(outer, undefined, []);
  const signed = parseSigned(cose);
  if (!signed.ok) return signed;
  const payload = readCbor(signed.value.payload, knownTags);
  return payload.ok ? corimFrom(payload.value, signed.value, signed.value.validity) : payload;
}

interface Signed {
  readonly covered: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
  readonly validity: readonly Validity[];
}

/** RFC 9052, sections 4.2 and 4.4. */
function parseSigned(cose: Cbor): Result<Signed> {
  const [head, unprotected, payload, signature, ...others] = isCborList(cose) ? cose : [];
  const shaped = isCborMap(unprotected) && others.length === 0 && head instanceof Uint8Array && signature instanceof Uint8Array;
  if (!shaped) return malformed("COSE_Sign1");
  if (!(payload instanceof Uint8Array)) return otherForm("the payload is not in the file");
  const headers = readCbor(head, knownTags);
  if (!headers.ok) return headers;
  if (!isCborMap(headers.value)) return malformed("protected header");
  if (headers.value.get(label.algorithm) !== es384) return otherForm("not signed with ES384");
  if (signature.length !== 96) return malformed("signature");
  // SECURITY: what the signer marked as critical, and a payload that is only a digest of the real one, change what the signature means.
  if (headers.value.has(label.critical) || headers.value.has(label.payloadHash))
    return otherForm("a critical header, or a digest instead of the payload");
  const type = headers.value.get(label.contentType);
  if (type !== undefined && !contentTypes.some((known) => typeof type === "string" && (type === known || type.startsWith(`${known};`))))
    return otherForm("content type");
  const validity = metaValidity(headers.value);
  if (!validity.ok) return validity;
  const covered = encode(["Signature1", head, new Uint8Array(0), payload]);
  return ok({ covered: new Uint8Array(covered), signature: signature.slice(), payload, validity: validity.value });
}

/** From corim-meta, and from CWT claims where there are any. */
function metaValidity(headers: CborMap): Result<readonly Validity[]> {
  const found: Validity[] = [];
  const meta = headers.get(label.corimMeta);
  if (meta !== undefined) {
    const read = meta instanceof Uint8Array ? readCbor(meta, knownTags) : malformed("corim-meta");
    if (!read.ok) return read;
    if (!isCborMap(read.value)) return malformed("corim-meta");
    const validity = validityFrom(read.value.get(1));
    if (!validity.ok) return validity;
    found.push(...validity.value);
  }
  const claims = headers.get(label.cwtClaims);
  if (claims === undefined) return ok(found);
  if (!isCborMap(claims)) return malformed("CWT claims");
  const [until, from] = [timeFrom(claims.get(4)), timeFrom(claims.get(5))];
  if (until === false || from === false) return malformed("CWT claims");
  return ok([...found, { from, until }]);
}

function corimFrom(tagged: Cbor, signed: Corim["signed"], validity: readonly Validity[]): Result<Corim> {
  const map = untagged(tagged, corimMap);
  if (!isCborMap(map)) return malformed("no CoRIM");
  const tags = map.get(1);
  if (!isCborList(tags) || tags.length < 1 || tags.length > maximumTags) return malformed("tags");
  const profile = profileFrom(map.get(3));
  if (profile === undefined) return malformed("profile");
  const own = validityFrom(map.get(4));
  if (!own.ok) return own;
  const id = map.get(0);
  const taken = readTriples(tags, profile, typeof id === "string" ? id : id instanceof Uint8Array ? toHex(id) : "");
  if (!taken.ok) return taken;
  return ok({
    ...taken.value,
    signed: signed === undefined ? undefined : { covered: signed.covered, signature: signed.signature },
    profile,
    validity: [...validity, ...own.value],
  });
}

/** One profile; earlier drafts have it in a list. "" where none is named. */
function profileFrom(value: Cbor | undefined): string | undefined {
  if (value === undefined) return "";
  const [only, ...others] = isCborList(value) ? value : [value];
  if (others.length > 0 || !(only instanceof CborTag)) return undefined;
  if (only.tag === 32 && typeof only.value === "string" && only.value.length <= 200) return only.value;
  return only.tag === 111 && only.value instanceof Uint8Array && only.value.length <= 64 ? `OID ${toHex(only.value)}` : undefined;
}

function validityFrom(value: Cbor | undefined): Result<readonly Validity[]> {
  if (value === undefined) return ok([]);
  if (!isCborMap(value)) return malformed("validity");
  const [from, until] = [timeFrom(untagged(value.get(0), 1) ?? value.get(0)), timeFrom(untagged(value.get(1), 1))];
  if (from === false || until === false || until === undefined) return malformed("validity");
  return ok([{ from, until }]);
}

/** @returns false where it is no time. */
function timeFrom(value: Cbor | undefined): number | undefined | false {
  if (value === undefined) return undefined;
  return typeof value === "number" && Number.isSafeInteger(value) ? value : false;
}

function malformed(detail: string): Result<never> {
  return fail(failure("reference.malformed", `CoRIM: ${detail}`));
}

function otherForm(detail: string): Result<never> {
  return fail(failure("reference.corim-form", detail));
}

/** COSE header parameters. */
const label = { algorithm: 1, critical: 2, contentType: 3, corimMeta: 8, cwtClaims: 15, payloadHash: 258 } as const;
const es384 = -35;
const contentTypes = ["application/rim+cbor", "application/corim-unsigned+cbor"];
const [coseSign1, wrapped, corimMap, wrappedSigned] = [18, 500, 501, 502];
/** Of CoRIM and CoMID, and of what they take from other documents. Another one is refused. */
const knownTags = [1, 18, 32, 37, 111, 500, 501, 502, 505, 506, 507, 508, ...Array.from({ length: 21 }, (_, index) => 550 + index)];
export const maximumCorim = 1_048_576;
const maximumTags = 64;
