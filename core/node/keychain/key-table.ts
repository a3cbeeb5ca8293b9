// What is inside a sealed key file? Accounts and their secrets as bytes, so that no key ever becomes a string. Magic, count, then for
// each: name length (2), name, secret length (4), secret; integers big endian, names sorted. Strict: one form for one table.
import { concat, u32be, viewOf } from "../../base/bytes.ts";
import { Secret } from "../../base/secret.ts";
import { fromUtf8, utf8 } from "../../base/utf8.ts";

/** The caller wipes the bytes. */
export function encodeKeyTable(table: ReadonlyMap<string, Secret>): Uint8Array {
  const parts: Uint8Array[] = [magic, u32be(table.size)];
  for (const [account, secret] of [...table].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const name = utf8(account);
    secret.use((bytes) => parts.push(Uint8Array.of(name.length >> 8, name.length & 255), name, u32be(bytes.length), bytes.slice()));
  }
  const whole = concat(...parts);
  for (const part of parts) if (part !== magic) part.fill(0);
  return whole;
}

/** @returns undefined where the bytes are anything else than one table. */
export function parseKeyTable(bytes: Uint8Array): ReadonlyMap<string, Secret> | undefined {
  const reader = new Reader(bytes);
  const table = new Map<string, Secret>();
  const whole = readInto(table, reader);
  if (whole) return table;
  for (const secret of table.values()) secret.wipe();
  return undefined;
}

/** Whether an account may be kept: what is longer would not be read again. */
export function fitsKeyTable(account: string, secretLength: number): boolean {
  const length = utf8(account).length;
  return length > 0 && length <= maximumName && secretLength <= maximumSecret;
}

function readInto(table: Map<string, Secret>, reader: Reader): boolean {
  const start = reader.take(magic.length);
  if (start === undefined || !start.every((byte, i) => byte === magic[i])) return false;
  const count = reader.number(4);
  if (count === undefined || count > maximumEntries) return false;
  let last = "";
  for (let i = 0; i < count; i++) {
    const name = reader.take(reader.number(2) ?? maximumName + 1);
    const secret = reader.take(reader.number(4) ?? maximumSecret + 1);
    const account = name === undefined ? undefined : fromUtf8(name);
    if (account === undefined || secret === undefined || account <= last || !fitsKeyTable(account, secret.length)) return false;
    table.set(account, new Secret(secret.slice()));
    last = account;
  }
  return reader.atEnd;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array | undefined {
    if (length > this.#bytes.length - this.#at) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(length: 2 | 4): number | undefined {
    const bytes = this.take(length);
    if (bytes === undefined) return undefined;
    return length === 2 ? viewOf(bytes).getUint16(0) : viewOf(bytes).getUint32(0);
  }
}

const magic = utf8("portcullis keys 1\n");
const maximumEntries = 100_000;
const maximumName = 512;
const maximumSecret = 65_536;
