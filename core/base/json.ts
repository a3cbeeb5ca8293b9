// Strict JSON: one object from text, with the limits that untrusted input needs, and RFC 8785 canonical text for digests.
// Unlike JSON.parse it refuses duplicate keys, lone surrogates and deep nesting.
import { utf8 } from "./utf8.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What was wrong, for a failure's detail. */
export class JsonFault extends Error {}

const maximumDepth = 16;

/** @throws {@link JsonFault}, and nothing else, where `text` is not exactly one strict JSON value. */
export function parseJson(text: string): Json {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** RFC 8785: keys sorted by UTF-16 code units, no white space, ECMAScript number and string forms. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const object = value as JsonObject;
    // By concatenation, without lists in between: a policy is written out for its digest in every appraisal.
    let text = "";
    for (const key of Object.keys(object).sort()) text += `${text === "" ? "" : ","}${quoted(key)}:${canonicalJson(object[key] ?? null)}`;
    return `{${text}}`;
  }
  return typeof value === "string" ? quoted(value) : JSON.stringify(value);
}

function quoted(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}

export function canonicalBytes(value: Json): Uint8Array {
  return utf8(canonicalJson(value));
}

/** Printable ASCII that JSON does not escape: nearly all text of ours, told in half the time that JSON.stringify takes. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const space = /[ \t\n\r]*/y;

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > maximumDepth) throw new JsonFault("nested too deeply");
    this.#take(space);
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ["null", null],
      ["true", true],
      ["false", false],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = Number(this.#take(numberToken) || Number.NaN);
    if (!Number.isFinite(number)) throw new JsonFault(`unexpected text at ${this.#at}`);
    return number;
  }

  end(): void {
    this.#take(space);
    if (this.#at !== this.#text.length) throw new JsonFault(`text after the value at ${this.#at}`);
  }

  #object(depth: number): JsonObject {
    // No prototype, so that a member named __proto__ is only a member.
    const object: Record<string, Json> = Object.create(null) as Record<string, Json>;
    this.#at++;
    if (this.#closes("}")) return object;
    for (;;) {
      this.#take(space);
      const key = this.#string();
      if (key in object) throw new JsonFault(`duplicate key ${JSON.stringify(key)}`);
      this.#expect(":");
      object[key] = this.value(depth + 1);
      if (this.#closes("}")) return object;
      this.#expect(",");
    }
  }

  #array(depth: number): Json[] {
    const array: Json[] = [];
    this.#at++;
    if (this.#closes("]")) return array;
    for (;;) {
      array.push(this.value(depth + 1));
      if (this.#closes("]")) return array;
      this.#expect(",");
    }
  }

  #string(): string {
    const token = this.#take(stringToken);
    if (token === "") throw new JsonFault(`string expected at ${this.#at}`);
    const text = JSON.parse(token) as string;
    if (!(text as unknown as { isWellFormed(): boolean }).isWellFormed()) throw new JsonFault("lone surrogate in a string");
    return text;
  }

  #closes(bracket: string): boolean {
    this.#take(space);
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#closes(character)) throw new JsonFault(`${character} expected at ${this.#at}`);
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at;
    const taken = token.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }
}
