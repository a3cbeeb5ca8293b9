// Is this JSON object exactly the message that its type promises? Member by member, in the forms of docs/protocol.md.
// A fault is thrown as {@link ShapeFault} and becomes a failure in decode.ts; nothing here returns a half-read message.
import { fromBase64 } from "../base/bytes.ts";
import type { Json, JsonObject } from "../base/json.ts";

/** Names the member that is wrong; never its content. */
export class ShapeFault extends Error {}

/** Reads the members of one object and, at {@link end}, refuses those that nobody asked for. */
export class MemberReader {
  readonly #object: JsonObject;
  readonly #where: string;
  readonly #read = new Set<string>();

  constructor(json: Json | undefined, where: string) {
    if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) throw new ShapeFault(where);
    this.#object = json as JsonObject;
    this.#where = where;
  }

  has(key: string): boolean {
    return key in this.#object;
  }

  text(key: string, form: RegExp): string {
    const value = this.#take(key);
    if (typeof value !== "string" || !form.test(value)) throw this.#fault(key);
    return value;
  }

  whole(key: string, least: number, most: number): number {
    const value = this.#take(key);
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) throw this.#fault(key);
    return value;
  }

  flag(key: string): boolean {
    const value = this.#take(key);
    if (typeof value !== "boolean") throw this.#fault(key);
    return value;
  }

  /** Canonical base64 of `least` to `most` bytes. */
  bytes(key: string, least: number, most = least): Uint8Array {
    const value = this.#take(key);
    // The text's length comes first, so that nothing is allocated for a string that cannot be right.
    if (typeof value !== "string" || value.length > base64Length(most)) throw this.#fault(key);
    const bytes = fromBase64(value);
    if (bytes === undefined || bytes.length < least || bytes.length > most) throw this.#fault(key);
    return bytes;
  }

  object(key: string): MemberReader {
    return new MemberReader(this.#take(key), `${this.#where}.${key}`);
  }

  /** 1 to `most` objects. */
  objects<T>(key: string, most: number, read: (members: MemberReader) => T): T[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length === 0 || value.length > most) throw this.#fault(key);
    return value.map((json: Json) => {
      const members = new MemberReader(json, `${this.#where}.${key}`);
      const item = read(members);
      members.end();
      return item;
    });
  }

  end(): void {
    for (const key of Object.keys(this.#object)) if (!this.#read.has(key)) throw new ShapeFault(`${this.#where} has an unknown member`);
  }

  #take(key: string): Json | undefined {
    this.#read.add(key);
    return key in this.#object ? this.#object[key] : undefined;
  }

  #fault(key: string): ShapeFault {
    return new ShapeFault(`${this.#where}.${key}`);
  }
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
