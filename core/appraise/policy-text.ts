// What policy does an owner's text say? JSON, or YAML 1.2 with comments; both end as the same JSON, which policy-parser.ts reads. YAML is here for people:
// no aliases, no tags, no second document, and nothing that JSON could not say.
import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { failure } from "../base/failure.ts";
import { JsonFault, parseJson, type Json } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { parsePolicy, policyFaults } from "./policy-parser.ts";
import type { AppraisalPolicy } from "./policy.ts";

/** UTF-16 code units. The longest lists of the longest digests stay below. */
export const maximumPolicyText = 131_072;

export function policyFromText(text: string): Result<AppraisalPolicy> {
  const json = jsonFromText(text);
  return json.ok ? parsePolicy(json.value) : json;
}

/** All that is wrong, for the text's author; empty exactly where {@link policyFromText} reads it. */
export function policyTextFaults(text: string): readonly string[] {
  const json = jsonFromText(text);
  return json.ok ? policyFaults(json.value) : [json.failure.detail ?? json.failure.code];
}

/** `appraise.policy-malformed` where it is neither strict JSON nor YAML of the same meaning. */
export function jsonFromText(text: string): Result<Json> {
  if (text.length > maximumPolicyText) return malformed(`longer than ${maximumPolicyText} characters`);
  try {
    return ok(parseJson(text.trimStart().startsWith("{") ? text : JSON.stringify(fromYaml(text))));
  } catch (cause) {
    if (cause instanceof JsonFault) return malformed(cause.message);
    // Nested so deeply that the reader ran out of stack.
    if (cause instanceof RangeError) return malformed("nested too deeply");
    throw cause;
  }
}

function fromYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  // SECURITY: the library's own search for equal keys, and its extract of the text for each fault, take time with the square of the text.
  const asked = { uniqueKeys: false, prettyErrors: false, lineCounter } as const;
  const document = parseDocument(text, { schema: "core", version: "1.2", strict: true, logLevel: "error", ...asked });
  const fault = document.errors[0] ?? document.warnings[0];
  const refused = (why: string, at: number | undefined): JsonFault => {
    const { line, col } = lineCounter.linePos(at ?? 0);
    return new JsonFault(`YAML: ${why} at line ${line}, column ${col}`);
  };
  if (fault !== undefined) throw refused(fault.message, fault.pos[0]);
  visit(document, (_, node) => {
    if (isAlias(node)) throw new JsonFault("YAML: aliases are not read");
    if (isNode(node) && node.tag !== undefined) throw new JsonFault(`YAML: tags are not read: ${node.tag.slice(0, 40)}`);
    if (!isMap(node)) return;
    const keys = new Set<string>();
    for (const { key } of node.items) {
      if (!isScalar(key) || typeof key.value !== "string") throw new JsonFault("YAML: a key is not text");
      if (keys.has(key.value)) throw refused("a key is there twice", key.range?.[0]);
      keys.add(key.value);
    }
  });
  return document.toJS({ maxAliasCount: 0 }) ?? null;
}

function malformed(detail: string): ReturnType<typeof fail> {
  return fail(failure("appraise.policy-malformed", detail));
}
