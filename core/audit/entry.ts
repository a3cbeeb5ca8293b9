// What is one line of the audit log? Entries are canonical JSON, chained by hash: each names the hash of the one before it,
// so that a line cannot be changed, removed or inserted without breaking every later one. Signed checkpoints come later.
import { fromHex, toHex } from "../base/bytes.ts";
import { rfc3339, type Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { canonicalBytes, canonicalJson, JsonFault, parseJson, type Json, type JsonObject } from "../base/json.ts";
import { fail, ok, type Fail, type Result } from "../base/result.ts";
import { fromUtf8, utf8 } from "../base/utf8.ts";

export const auditKinds = [
  "vm-enrolled",
  "vm-changed",
  "launch-released",
  "launch-refused",
  "launch-opened",
  "launch-failed",
  "delivery-unknown",
  /** Refusals of unknown VMs above what is recorded one by one: how many. */
  "refusals-counted",
  "manager-started",
  /** A disk was made or encrypted with a key of a VM's. */
  "disk-prepared",
  "id-key-added",
  "id-key-removed",
  /** An ID block was signed: the image that it names may be launched under the owner's key. */
  "id-block-signed",
  /** Reference values for other owners were signed. */
  "references-signed",
] as const;

export type AuditKind = (typeof auditKinds)[number];

export interface AuditTip {
  /** Sequence of the last entry; 0 where there is none. */
  readonly sequence: number;
  /** SHA-256 of the last entry, 32 bytes; zeros where there is none. */
  readonly hash: Uint8Array;
}

/** An entry with its place in the chain fixed. `bytes` is what is hashed and stored. */
export interface SealedEntry {
  readonly sequence: number;
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
  /** Canonical JSON of { sequence, previous, at, kind, ...facts }. */
  readonly bytes: Uint8Array;
}

/** What happened, as facts: ids, digests in hex, codes, words that a person gave as a reason. Never a secret. */
export interface AuditFacts {
  readonly kind: AuditKind;
  readonly facts: JsonObject;
}

/** What an entry's bytes say. */
export interface AuditEntry extends AuditFacts {
  readonly sequence: number;
  readonly previous: Uint8Array;
  readonly at: Instant;
}

export const emptyTip: AuditTip = { sequence: 0, hash: new Uint8Array(32) };

/** Throws where a fact has a name of the frame's, or the entry would be too long to be read again: bugs of ours. */
export function sealEntry(tip: AuditTip, at: Instant, { kind, facts }: AuditFacts, primitives: Primitives): SealedEntry {
  const taken = frameNames.find((name) => name in facts);
  if (taken !== undefined) throw new Error(`an audit fact must not be called ${taken}`);
  const sequence = tip.sequence + 1;
  const bytes = canonicalBytes({ ...facts, sequence, previous: toHex(tip.hash), at: rfc3339(at), kind });
  if (bytes.length > maximumEntryLength) throw new Error(`audit entry of ${bytes.length} bytes`);
  return { sequence, previous: tip.hash.slice(), hash: entryHash(bytes, primitives), bytes };
}

/** 32 bytes. The hash of the entry before is inside the bytes. */
export function entryHash(bytes: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.digest("sha256", entryDomain, bytes);
}

/** Refuses all that {@link sealEntry} would not write: another form of the same JSON, a kind that is not known, an odd time. */
export function parseEntry(bytes: Uint8Array): Result<AuditEntry> {
  if (bytes.length > maximumEntryLength) return malformed(`${bytes.length} bytes`);
  const text = fromUtf8(bytes);
  if (text === undefined) return malformed("not UTF-8");
  const read = readJson(text);
  if (!read.ok) return read;
  if (!isObject(read.value)) return malformed("not an object");
  if (canonicalJson(read.value) !== text) return malformed("not canonical");
  const { sequence, previous, at, kind, ...facts } = read.value;
  const known = auditKinds.find((name) => name === kind);
  if (known === undefined) return malformed("kind");
  if (typeof sequence !== "number" || !Number.isSafeInteger(sequence) || sequence < 1) return malformed("sequence");
  const hash = typeof previous === "string" && previous === previous.toLowerCase() ? fromHex(previous) : undefined;
  if (hash?.length !== 32) return malformed("previous");
  const instant = typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (!Number.isFinite(instant) || rfc3339(instant) !== at) return malformed("at");
  return ok({ sequence, previous: hash, at: instant, kind: known, facts });
}

function readJson(text: string): Result<Json> {
  try {
    return ok(parseJson(text));
  } catch (error) {
    if (error instanceof JsonFault) return malformed(error.message);
    throw error;
  }
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function malformed(detail: string): Fail {
  return fail(failure("audit.malformed-entry", detail));
}

const frameNames = ["sequence", "previous", "at", "kind"];
const entryDomain = utf8("portcullis audit entry v1");
/** A release of sixteen disks with the longest names and reason is well below. */
const maximumEntryLength = 65_536;
