// Is a LUKS2 disk being encrypted in place, and is only the end missing? cryptsetup 2.6.1 that was killed after its last piece begins again at the first,
// and encrypts everything twice: its metadata say the same before the first piece and after the last. So the end is made here: the header without what
// a conversion needs. LUKS2 on-disk format 1.1.0, sections 2.1 and 3. Never touches a keyslot of a key.
import { concat, equalBytes, viewOf } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { canonicalBytes, canonicalJson, type Json, type JsonObject } from "../base/json.ts";
import { type Fail, fail, ok, type Result } from "../base/result.ts";
import { isObject, members, objectOf } from "./metadata.ts";

/** ended: all is encrypted, and the header does not say so yet. */
export type ConversionState = "none" | "under-way" | "ended";

/** Both copies of the binary header with their metadata: what {@link endConversion} reads and writes. */
export const headersLength = 32_768;

export interface EndedConversion {
  /** {@link headersLength} bytes: the first half is written and made durable before the second. */
  readonly headers: Uint8Array;
  /** Where checksums of the content in clear text may be left, in bytes from the header's start. */
  readonly wipe: { readonly offset: number; readonly length: number };
}

/** `metadata`: the output of `cryptsetup luksDump --dump-json-metadata`; undefined where it is none. */
export function conversionOf(metadata: Uint8Array): ConversionState | undefined {
  const header = objectOf(metadata);
  return header === undefined ? undefined : stateOf(header);
}

/** @param headers the header's first {@link headersLength} bytes. `disk.header` unless its conversion has ended, and it is in the one form that is made here. */
export function endConversion(headers: Uint8Array, primitives: Pick<Primitives, "digest">): Result<EndedConversion> {
  const first = headers.subarray(0, copyLength);
  if (headers.length !== headersLength || !equalBytes(first.subarray(0, magic.length), magic)) return malformed("magic");
  const view = viewOf(first);
  if (view.getUint16(6) !== 2 || view.getBigUint64(8) !== BigInt(copyLength) || view.getBigUint64(256) !== 0n)
    return malformed("binary header");
  if (!equalBytes(sealed(first, primitives), first)) return malformed("checksum");
  const text = first.subarray(binaryLength);
  const header = objectOf(text.subarray(0, text.indexOf(0)));
  if (header === undefined || stateOf(header) !== "ended") return malformed("no conversion that has ended");
  const slot = Object.entries(objectIn(header, "keyslots")).find(([, keyslot]) => isConversion(keyslot));
  const wipe = slot === undefined ? undefined : areaOf(slot[1]);
  if (slot === undefined || wipe === undefined) return malformed("keyslot area");
  const json = canonicalBytes(withoutConversion(header, slot[0]));
  if (json.length >= copyLength - binaryLength) return malformed("metadata too long");
  const written = concat(first.subarray(0, binaryLength), json, new Uint8Array(copyLength - binaryLength - json.length));
  viewOf(written).setBigUint64(16, view.getBigUint64(16) + 1n);
  return ok({ headers: concat(sealed(written, primitives), secondOf(written, primitives)), wipe });
}

/** The second copy, where it is older than the first: whoever wrote both was stopped between them, and a damaged first must not bring back the second. */
export function newerSecond(headers: Uint8Array, primitives: Pick<Primitives, "digest">): Uint8Array | undefined {
  const [first, second] = [headers.subarray(0, copyLength), headers.subarray(copyLength)];
  if (headers.length !== headersLength || !equalBytes(sealed(first, primitives), first)) return undefined;
  return viewOf(first).getBigUint64(16) > viewOf(second).getBigUint64(16) ? secondOf(first, primitives) : undefined;
}

function secondOf(first: Uint8Array, primitives: Pick<Primitives, "digest">): Uint8Array {
  const second = first.slice();
  second.set(secondMagic);
  viewOf(second).setBigUint64(256, BigInt(copyLength));
  return sealed(second, primitives);
}

function stateOf(header: JsonObject): ConversionState {
  if (!members(header["keyslots"]).some(isConversion)) return "none";
  const segments = members(header["segments"]);
  const current = segments.filter((segment) => !hasFlag(segment, /^backup-/));
  const final = segments.find((segment) => hasFlag(segment, /^backup-final$/));
  const [only, ...more] = current;
  const isFinal = isObject(only) && isObject(final) && canonicalJson({ ...only, flags: [] }) === canonicalJson({ ...final, flags: [] });
  return isFinal && more.length === 0 && !hasFlag(only, /./) ? "ended" : "under-way";
}

function withoutConversion(header: JsonObject, slot: string): JsonObject {
  const { requirements: _, ...config } = objectIn(header, "config");
  const kept = (name: string, keep: (value: Json, key: string) => boolean): JsonObject =>
    Object.fromEntries(Object.entries(objectIn(header, name)).filter(([key, value]) => keep(value, key)));
  const segments = kept("segments", (segment) => !hasFlag(segment, /^backup-/));
  const digests = Object.entries(kept("digests", (digest) => !listIn(digest, "keyslots").includes(slot))).map(([key, digest]) => {
    const left = listIn(digest, "segments").filter((name) => typeof name === "string" && name in segments);
    return [key, { ...(isObject(digest) ? digest : {}), segments: left }] as const;
  });
  const keyslots = kept("keyslots", (_keyslot, key) => key !== slot);
  return { ...header, config, segments, digests: Object.fromEntries(digests), keyslots };
}

function isConversion(keyslot: Json): boolean {
  return isObject(keyslot) && keyslot["type"] === "reencrypt";
}

function hasFlag(segment: Json, flag: RegExp): boolean {
  return listIn(segment, "flags").some((one) => typeof one === "string" && flag.test(one));
}

function areaOf(keyslot: Json): EndedConversion["wipe"] | undefined {
  const area = isObject(keyslot) ? keyslot["area"] : undefined;
  const [offset, length] = isObject(area) ? [numberOf(area["offset"]), numberOf(area["size"])] : [];
  if (offset === undefined || length === undefined) return undefined;
  return offset >= headersLength && offset + length <= largestHeader ? { offset, length } : undefined;
}

function numberOf(json: Json | undefined): number | undefined {
  return typeof json === "string" && /^[0-9]{1,9}$/.test(json) ? Number(json) : undefined;
}

function objectIn(header: JsonObject, name: string): JsonObject {
  const json = header[name];
  return isObject(json) ? json : {};
}

function listIn(json: Json, name: string): readonly Json[] {
  const list = isObject(json) ? json[name] : undefined;
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}

/** With the SHA-256 over itself, where that stands as zeros meanwhile. */
function sealed(copy: Uint8Array, primitives: Pick<Primitives, "digest">): Uint8Array {
  const bytes = copy.slice();
  bytes.fill(0, checksumOffset, checksumOffset + checksumLength);
  bytes.set(primitives.digest("sha256", bytes), checksumOffset);
  return bytes;
}

function malformed(detail: string): Fail {
  return fail(failure("disk.header", detail));
}

const magic = Uint8Array.of(0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe);
const secondMagic = Uint8Array.of(0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe);
const binaryLength = 4_096;
/** Of one copy, as cryptsetup makes it. */
const copyLength = headersLength / 2;
const checksumOffset = 448;
const checksumLength = 64;
/** The room that our headers have (core/node/disk/luks.ts). */
const largestHeader = 2 ** 24;
