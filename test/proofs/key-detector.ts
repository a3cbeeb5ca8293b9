// Is a secret anywhere in these bytes, in whatever dress? Eight bytes of it in a row are enough. Finds, and never repeats what it found.

export interface Secrets {
  readonly [name: string]: Uint8Array;
}

/** Ways to write bytes down, each from part of a secret. `index`: where the part begins in it. */
export type Encoding = (part: Uint8Array, index: number) => Uint8Array | string;

export const encodings: Readonly<Record<string, Encoding>> = {
  raw: (part) => part,
  hex: (part) => hex(part, ""),
  "hex, upper case": (part) => hex(part, "").toUpperCase(),
  "hex with colons": (part) => hex(part, ":"),
  "hex, upper case, with colons": (part) => hex(part, ":").toUpperCase(),
  "base64, first alignment": (part) => base64(part, 0),
  "base64, second alignment": (part) => base64(part, 1),
  "base64, third alignment": (part) => base64(part, 2),
  "base64url, first alignment": (part) => url(base64(part, 0)),
  "base64url, second alignment": (part) => url(base64(part, 1)),
  "base64url, third alignment": (part) => url(base64(part, 2)),
  "decimal array": (part) => part.join(","),
  "JSON of a Uint8Array": (part, index) => [...part].map((byte, at) => `"${index + at}":${byte}`).join(","),
  "percent-encoded": (part) => [...part].map((byte) => `%${hex([byte], "").toUpperCase()}`).join(""),
  "percent-encoded, lower case": (part) => [...part].map((byte) => `%${hex([byte], "")}`).join(""),
  "percent-encoded where needed": (part) =>
    [...part].map((byte) => (unreserved(byte) ? String.fromCharCode(byte) : `%${hex([byte], "").toUpperCase()}`)).join(""),
  "binary string in UTF-8": (part) => binary(part),
  "binary string in UTF-16": (part) => Buffer.from(binary(part), "utf16le"),
  "binary string in JSON": (part) => JSON.stringify(binary(part)).slice(1, -1),
};

export class KeyDetector {
  /** By their first four bytes. */
  readonly #needles = new Map<number, { readonly bytes: Uint8Array; readonly name: string }[]>();
  /** Whether any needle begins with these three bytes, a bit for each three: small enough to stay in a processor's cache. */
  readonly #begins = new Uint32Array(2 ** 19);

  /** @param secrets of eight bytes and more each. */
  constructor(secrets: Secrets) {
    for (const [name, secret] of Object.entries(secrets)) {
      this.#learn(name, secret);
      this.#learn(`${name}, reversed`, secret.toReversed());
    }
  }

  /** @returns which secrets were found, and in which encoding; never the bytes. */
  find(haystack: Uint8Array | string): readonly string[] {
    const bytes = typeof haystack === "string" ? Buffer.from(haystack) : haystack;
    const found = new Set(this.findExact(bytes));
    // Pretty-printed arrays and wrapped lines.
    if (bytes.length < longestText) for (const name of this.findExact(withoutSpace(bytes))) found.add(name);
    return [...found].sort();
  }

  /** The same without looking between spaces: for what is far longer than a text. */
  findExact(haystack: Uint8Array): readonly string[] {
    const found = new Set<string>();
    const begins = this.#begins;
    let start = prefix(haystack, 0) >>> 8;
    for (let at = 0; at + 4 <= haystack.length; at++) {
      start = ((start << 8) | (haystack[at + 3] ?? 0)) >>> 0;
      if ((((begins[start >>> 13] ?? 0) >>> ((start >>> 8) & 31)) & 1) === 0) continue;
      for (const { bytes, name } of this.#needles.get(start) ?? []) {
        if (bytes.every((byte, offset) => haystack[at + offset] === byte)) found.add(name);
      }
    }
    return [...found];
  }

  #learn(name: string, secret: Uint8Array): void {
    if (secret.length < enough) throw new Error(`${name} is too short to be looked for`);
    for (let index = 0; index + enough <= secret.length; index++) {
      const part = secret.slice(index, index + enough);
      for (const [encoding, encode] of Object.entries(encodings)) {
        const written = encode(part, index);
        this.#add(`${name}: ${encoding}`, typeof written === "string" ? Buffer.from(written) : written);
        if (typeof written === "string") this.#add(`${name}: ${encoding}, UTF-16`, Buffer.from(written, "utf16le"));
      }
    }
  }

  #add(name: string, bytes: Uint8Array): void {
    const start = prefix(bytes, 0);
    this.#begins[start >>> 13] = (this.#begins[start >>> 13] ?? 0) | (1 << ((start >>> 8) & 31));
    const known = this.#needles.get(start) ?? [];
    known.push({ bytes, name });
    this.#needles.set(start, known);
  }
}

function prefix(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

function hex(part: Iterable<number>, between: string): string {
  return [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(between);
}

/** The characters that these bytes alone decide, where so many others come before them in their group of three. */
function base64(part: Uint8Array, before: number): string {
  const text = Buffer.from([...Array.from({ length: before }, () => 0), ...part]).toString("base64");
  const first = Math.ceil((before * 8) / 6);
  const end = Math.floor(((before + part.length) * 8) / 6);
  return text.slice(first, end);
}

function url(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

function binary(part: Uint8Array): string {
  return String.fromCharCode(...part);
}

function unreserved(byte: number): boolean {
  return /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte));
}

function withoutSpace(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
}

const enough = 8;
const longestText = 8 * 2 ** 20;
