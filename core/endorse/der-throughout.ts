// Is a value distinguished DER in every part, also where no parser of ours looks? X.690 sections 8, 10 and 11. Comes before anything is read, costs
// one pass without a copy, and leaves nothing for a laxer reader to understand in its own way. Never looks into an OCTET STRING.
import { fromUtf8 } from "../base/utf8.ts";
import { DerFault, type DerNode, derTag, headerAt } from "./der.ts";

/** @throws {@link DerFault} where a part has another encoding too, or is of a type that AMD's certificates and lists do not have. */
export function expectDerThroughout({ bytes }: DerNode): void {
  expectValue(bytes, 0, bytes.length, 0);
}

/** @returns where the value ends. */
function expectValue(bytes: Uint8Array, at: number, limit: number, depth: number): number {
  if (depth > maximumDepth) throw new DerFault("nested too deeply");
  const { tag, start, end } = headerAt(bytes, at, limit);
  if (tag === derTag.set) expectSet(bytes, start, end, depth);
  else if (tag === derTag.sequence || (tag & classAndForm) === contextConstructed)
    for (let inside = start; inside < end; ) inside = expectValue(bytes, inside, end, depth + 1);
  else if ((tag & classAndForm) !== contextPrimitive) expectPrimitive(tag, bytes, start, end);
  return end;
}

/** SET OF: in the order of the encodings (X.690 section 11.6). */
function expectSet(bytes: Uint8Array, start: number, end: number, depth: number): void {
  let before: Uint8Array | undefined;
  for (let inside = start; inside < end; ) {
    const next = expectValue(bytes, inside, end, depth + 1);
    const value = bytes.subarray(inside, next);
    if (before !== undefined && !inOrder(before, value)) throw new DerFault("set not in order");
    before = value;
    inside = next;
  }
}

function inOrder(one: Uint8Array, other: Uint8Array): boolean {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at === -1 || (one[at] ?? 0) < (other[at] ?? 0);
}

function expectPrimitive(tag: number, bytes: Uint8Array, start: number, end: number): void {
  const [first, second, length] = [bytes[start] ?? 0, bytes[start + 1] ?? 0, end - start];
  const expect = (holds: boolean, otherwise: string): void => {
    if (!holds) throw new DerFault(otherwise);
  };
  switch (tag) {
    case derTag.boolean:
      return expect(length === 1 && (first === 0 || first === 0xff), "boolean not 00 or FF");
    case derTag.integer:
    case derTag.enumerated:
      expect(length > 0, "integer empty");
      // Either sign: nine equal bits at the front are one byte too many.
      return expect(length === 1 || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)), "integer not minimal");
    case derTag.bitString:
      expect(length > 0 && first < 8 && (length > 1 || first === 0), "bit string of no length");
      return expect(((bytes[end - 1] ?? 0) & ((1 << first) - 1)) === 0 || length === 1, "unused bits not zero");
    case derTag.null:
      return expect(length === 0, "null not empty");
    case derTag.oid:
      return expect(isObjectIdentifier(bytes, start, end), "object identifier not minimal");
    case derTag.utf8String:
      return expect(fromUtf8(bytes.subarray(start, end)) !== undefined, "text not UTF-8");
    case derTag.printableString:
    case derTag.ia5String:
      return expect(
        bytes.subarray(start, end).every((byte) => byte < 0x80),
        "text not ASCII",
      );
    case derTag.octetString:
    case derTag.utcTime:
    case derTag.generalizedTime:
      // Any bytes; whoever reads a time reads it strictly.
      return;
    default:
      // SECURITY: also a string in pieces, or a sequence that is not constructed.
      throw new DerFault(`tag 0x${tag.toString(16)}`);
  }
}

/** Every arc ends, and none begins with a zero digit. */
function isObjectIdentifier(bytes: Uint8Array, start: number, end: number): boolean {
  let fresh = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (fresh && byte === 0x80) return false;
    fresh = byte < 0x80;
  }
  return fresh && end > start;
}

/** The two highest bits are the class, the third says whether it is constructed. */
const classAndForm = 0xe0;
const contextPrimitive = 0x80;
const contextConstructed = 0xa0;
/** AMD's nest eight deep; whatever recurses must end before the stack does. */
const maximumDepth = 16;
