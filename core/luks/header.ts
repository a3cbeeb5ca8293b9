// Does this LUKS2 header ask for real encryption? Anybody who can write to the disk can put a header there that opens with every key,
// because its slots or its data are not encrypted at all; the host can write to the disk. LUKS2 on-disk format 1.1.0, section 3.
// Never opens anything. The answer holds only for the copy that it was asked about, so that copy is what must be opened.
import { failure } from "../base/failure.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { type Result, fail, ok } from "../base/result.ts";
import { isObject, members, objectOf } from "./metadata.ts";

/** `metadata`: the output of `cryptsetup luksDump --dump-json-metadata`. Failure: `agent.disk-header`, naming the member. */
export function checkHeader(metadata: Uint8Array): Result<void> {
  const header = objectOf(metadata);
  const fault = header === undefined ? "metadata" : faultOf(header);
  return fault === undefined ? ok(undefined) : fail(failure("agent.disk-header", fault));
}

function faultOf(header: JsonObject): string | undefined {
  const segments = members(header["segments"]);
  // More than one segment is a re-encryption that stopped half-way: part of the disk may be in clear text.
  const [segment, ...more] = segments;
  if (!isObject(segment) || more.length > 0 || !isEncrypted(segment)) return "segments";
  const keySizes = segment["integrity"] === undefined ? xtsKeys : authenticatedKeys;
  const keyslots = members(header["keyslots"]);
  if (keyslots.length === 0 || !keyslots.every((keyslot) => isSound(keyslot, keySizes))) return "keyslots";
  const config = header["config"];
  return isObject(config) && config["requirements"] === undefined ? undefined : "config";
}

function isEncrypted(segment: JsonObject): boolean {
  const integrity = segment["integrity"];
  const authenticated = isObject(integrity) && integrity["type"] === authentication;
  return segment["type"] === "crypt" && segment["encryption"] === cipher && (integrity === undefined || authenticated);
}

function isSound(keyslot: Json, keySizes: readonly Json[]): boolean {
  if (!isObject(keyslot) || keyslot["type"] !== "luks2" || !keySizes.includes(keyslot["key_size"] ?? null)) return false;
  const area = keyslot["area"];
  return isObject(area) && area["encryption"] === cipher && xtsKeys.includes(area["key_size"] ?? null);
}

/** AES-128 or AES-256 in XTS mode, which is what Portcullis disks are made with. */
const cipher = "aes-xts-plain64";
/** In bytes: two keys of the cipher. */
const xtsKeys: readonly Json[] = [32, 64];
/** What dm-integrity keeps a tag of for each sector, and its key of 32 bytes beside the cipher's. */
const authentication = "hmac(sha256)";
const authenticatedKeys: readonly Json[] = [64, 96];
