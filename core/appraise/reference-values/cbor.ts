// Which values does a piece of CBOR hold? RFC 8949, and less than all of it: definite lengths, shortest forms, no floats, no undefined, no
// key twice, tags that were asked for. It never guesses what a value means.
import { decode, Tokenizer, Type, type DecodeOptions, type TagDecoder } from "cborg";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";

export type Cbor = number | bigint | string | boolean | null | Uint8Array | readonly Cbor[] | CborMap | CborTag;
export type CborMap = ReadonlyMap<Cbor, Cbor>;

export class CborTag {
  readonly tag: number;
  readonly value: Cbor;

  constructor(tag: number, value: Cbor) {
    this.tag = tag;
    this.value = value;
  }
}

/** Exactly one value. @param tags the only ones that may be there. `reference.malformed`. */
export function readCbor(bytes: Uint8Array, tags: readonly number[]): Result<Cbor> {
  const asked: Record<number, TagDecoder> = Object.fromEntries(tags.map((tag) => [tag, (value) => new CborTag(tag, value() as Cbor)]));
  const options: DecodeOptions = { ...strict, tags: asked };
  try {
    const value: unknown = decode(bytes, { ...options, tokenizer: new BoundedTokens(bytes, options) });
    return ok(value as Cbor);
  } catch (cause) {
    // The library says no by throwing, and nested too deeply ends at the stack.
    if (cause instanceof Error) return fail(failure("reference.malformed", "CBOR", cause));
    throw cause;
  }
}

export function isCborMap(value: Cbor | undefined): value is CborMap {
  return value instanceof Map;
}

export function isCborList(value: Cbor | undefined): value is readonly Cbor[] {
  return Array.isArray(value);
}

export function untagged(value: Cbor | undefined, tag: number): Cbor | undefined {
  return value instanceof CborTag && value.tag === tag ? value.value : undefined;
}

/** Counts, so that many small values cost no more than a few large ones; and refuses what JavaScript would take for something else. */
class BoundedTokens extends Tokenizer {
  #left = maximumTokens;

  override next(): ReturnType<Tokenizer["next"]> {
    const token = super.next();
    this.#left -= 1;
    if (this.#left < 0) throw new Error("too many values");
    // 641.0 must not be the key 641.
    if (Type.equals(token.type, Type.float) || Type.equals(token.type, Type.undefined)) throw new Error("a float, or undefined");
    return token;
  }
}

const strict: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  // A TCB version is a number of 64 bits.
  allowBigInt: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
};
const maximumTokens = 100_000;
