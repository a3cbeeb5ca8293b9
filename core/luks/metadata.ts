// The JSON of a LUKS2 header, as far as it is any: untrusted, because the host can write to the disk. LUKS2 on-disk format 1.1.0, section 3.
// Judges nothing.
import { type Json, type JsonObject, JsonFault, parseJson } from "../base/json.ts";
import { fromUtf8 } from "../base/utf8.ts";

/** Undefined where the bytes are not one strict JSON object. */
export function objectOf(metadata: Uint8Array): JsonObject | undefined {
  try {
    const json = parseJson(fromUtf8(metadata) ?? "");
    return isObject(json) ? json : undefined;
  } catch (fault) {
    if (fault instanceof JsonFault) return undefined;
    throw fault;
  }
}

export function members(json: Json | undefined): readonly Json[] {
  return isObject(json) ? Object.values(json) : [];
}

export function isObject(json: Json | undefined): json is JsonObject {
  return json !== undefined && json !== null && typeof json === "object" && !Array.isArray(json);
}
