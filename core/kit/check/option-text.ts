// How does QEMU read the text of one option? `key=value` pairs with doubled commas, a first key that may go unsaid, or one JSON object (qemu-options, keyval).
// The last of a repeated key counts, as in QEMU. Judges nothing.
import { JsonFault, parseJson, type Json } from "../../base/json.ts";

export type OptionText = ReadonlyMap<string, string>;

/** @param implied the key of a first value that stands alone: `-smp 4` is `cpus=4`. */
export function optionText(text: string, implied?: string): OptionText {
  const json = text.startsWith("{") ? jsonMembers(text) : undefined;
  if (json !== undefined) return json;
  const members = new Map<string, string>();
  for (const [index, part] of splitCommas(text).entries()) {
    const mark = part.indexOf("=");
    if (mark > 0) members.set(part.slice(0, mark), part.slice(mark + 1));
    else if (index === 0 && implied !== undefined) members.set(implied, part);
    // The old short form of a switch: `share`, `noshare`.
    else if (part.startsWith("no") && part.length > 2) members.set(part.slice(2), "off").set(part, "on");
    else if (part !== "") members.set(part, "on");
  }
  return members;
}

function splitCommas(text: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) !== ",") part += text.charAt(at);
    else if (text.charAt(at + 1) === ",") {
      part += ",";
      at += 1;
    } else {
      parts.push(part);
      part = "";
    }
  }
  return [...parts, part];
}

/** Members of members as `outer.inner`; undefined where it is no JSON object. */
function jsonMembers(text: string): OptionText | undefined {
  try {
    const json = parseJson(text);
    const members = new Map<string, string>();
    flatten(json, "", members);
    return members;
  } catch (fault) {
    if (fault instanceof JsonFault) return undefined;
    throw fault;
  }
}

function flatten(json: Json, path: string, members: Map<string, string>): void {
  if (json !== null && typeof json === "object") {
    for (const [name, value] of Object.entries(json)) flatten(value, path === "" ? name : `${path}.${name}`, members);
    return;
  }
  members.set(path, typeof json === "boolean" ? (json ? "on" : "off") : String(json));
}
