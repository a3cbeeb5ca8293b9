// Is this piece of JSON an object, or a list? And the one way in which a file of JSON is read here: strict, one object, UTF-8.
import { failure } from "../../base/failure.ts";
import { JsonFault, parseJson, type Json, type JsonObject } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { fromUtf8 } from "../../base/utf8.ts";

/** `reference.malformed`. */
export function objectFrom(bytes: Uint8Array): Result<JsonObject> {
  const text = fromUtf8(bytes);
  if (text === undefined) return fail(failure("reference.malformed", "not UTF-8"));
  try {
    const json = parseJson(text);
    return isObject(json) ? ok(json) : fail(failure("reference.malformed", "not an object"));
  } catch (cause) {
    if (cause instanceof JsonFault) return fail(failure("reference.malformed", cause.message.slice(0, 200)));
    throw cause;
  }
}

export function isObject(json: Json | undefined): json is JsonObject {
  return json !== null && typeof json === "object" && !isList(json);
}

export function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}
