// Does this LUKS2 header ask for real encryption, at a bearable cost? Anybody who can write to the disk can put a header there that opens with every
// key, or that no machine ends opening; the host can write to the disk. LUKS2 on-disk format 1.1.0, section 3.
// Never opens anything. The answer holds only for the copy that it was asked about, so that copy is what must be opened.
import { failure } from "../base/failure.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { type Result, fail, ok } from "../base/result.ts";
import { effortOf, mostEffort } from "./effort.ts";
import { isObject, members, objectOf } from "./metadata.ts";

/** `metadata`: the output of `cryptsetup luksDump --dump-json-metadata`. Failure: `agent.disk-header`, naming the member. */
export function checkHeader(metadata: Uint8Array): Result<void> {
  const header = objectOf(metadata);
  const fault = header === undefined ? "metadata" : faultOf(header);
  return fault === undefined ? ok(undefined) : fail(failure("agent.disk-header", fault));
}

function faultOf(header: JsonObject): string | undefined {
  // More than one segment is a re-encryption that stopped half-way: part of the disk may be in clear text.
  const [segment, ...more] = members(header["segments"]);
  if (!isObject(segment) || more.length > 0 || !isEncrypted(segment)) return "segments";
  const { config } = header;
  // A requirement is what an older reader must not pass over: a re-encryption under way, or what nobody here knows.
  if (!isObject(config) || config["requirements"] !== undefined) return "config";
  const areas = areasOf(config);
  if (areas === undefined) return "config";
  // Data in front of that end would be written over the header, or read from it.
  const data = bytesOf(segment["offset"]);
  if (data === undefined || data < areas.end) return "segments.offset";
  const keySizes = segment["integrity"] === undefined ? xtsKeys : authenticatedKeys;
  const keyslots = members(header["keyslots"]);
  if (keyslots.length === 0 || !keyslots.every((keyslot) => isSound(keyslot, keySizes, areas))) return "keyslots";
  // SECURITY: a token names another place to get a key from, and cryptsetup may ask there first: a TPM, say, which is the host's.
  if (!isObject(header["tokens"]) || members(header["tokens"]).length > 0) return "tokens";
  const [digest, ...others] = members(header["digests"]);
  if (digest === undefined || others.length > 0) return "digests";
  return costFault(keyslots, digest);
}

function isEncrypted(segment: JsonObject): boolean {
  const { integrity, flags } = segment;
  const authenticated = isObject(integrity) && integrity["type"] === authentication;
  // Flags are for segments of a re-encryption: in-reencryption, backup-previous and so on.
  const flagged = flags !== undefined && !(Array.isArray(flags) && flags.length === 0);
  return segment["type"] === "crypt" && segment["encryption"] === cipher && (integrity === undefined || authenticated) && !flagged;
}

interface Areas {
  readonly start: number;
  readonly end: number;
}

/** Where the keyslots' areas may be: behind both copies of the binary header and its JSON. */
function areasOf(config: JsonObject): Areas | undefined {
  const [json, keyslots] = [bytesOf(config["json_size"]), bytesOf(config["keyslots_size"])];
  if (json === undefined || keyslots === undefined) return undefined;
  const start = 2 * (binaryLength + json);
  const end = start + keyslots;
  return end <= longestHeader ? { start, end } : undefined;
}

function isSound(keyslot: Json, keySizes: readonly Json[], areas: Areas): boolean {
  if (!isObject(keyslot) || keyslot["type"] !== "luks2" || !keySizes.includes(keyslot["key_size"] ?? null)) return false;
  const { area } = keyslot;
  if (!isObject(area) || area["type"] !== "raw" || area["encryption"] !== cipher || !xtsKeys.includes(area["key_size"] ?? null))
    return false;
  const [offset, size] = [bytesOf(area["offset"]), bytesOf(area["size"])];
  return offset !== undefined && size !== undefined && size > 0 && offset >= areas.start && offset + size <= areas.end;
}

/** cryptsetup tries a key with every slot, and what comes out of each with the digest. */
function costFault(keyslots: readonly Json[], digest: Json): string | undefined {
  // A digest has the members of a derivation itself, and is only ever PBKDF2.
  const checking = isObject(digest) && digest["type"] === "pbkdf2" ? effortOf(digest) : undefined;
  if (checking === undefined) return "digests";
  let effort = 0;
  for (const keyslot of keyslots) {
    const deriving = isObject(keyslot) ? effortOf(keyslot["kdf"]) : undefined;
    if (deriving === undefined) return "keyslots.kdf";
    effort += deriving + checking;
  }
  return effort <= mostEffort ? undefined : "keyslots.kdf";
}

/** LUKS2 writes large numbers as decimal strings. 15 digits are exact in a number. */
function bytesOf(json: Json | undefined): number | undefined {
  return typeof json === "string" && /^(?:0|[1-9][0-9]{0,14})$/.test(json) ? Number(json) : undefined;
}

/** AES-128 or AES-256 in XTS mode, which is what Portcullis disks are made with. */
const cipher = "aes-xts-plain64";
/** In bytes: two keys of the cipher. */
const xtsKeys: readonly Json[] = [32, 64];
/** What dm-integrity keeps a tag of for each sector, and its key of 32 bytes beside the cipher's. */
const authentication = "hmac(sha256)";
const authenticatedKeys: readonly Json[] = [64, 96];
/** Section 2.1: in front of each copy's JSON. */
const binaryLength = 4_096;
/** cryptsetup makes 16 MiB; twice that leaves room for an owner's own choice, and is what the copy may take of the VM's memory. */
export const longestHeader = 2 ** 25;
