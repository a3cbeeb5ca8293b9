// What does a piece of DER hold? X.690, distinguished encoding only: definite minimal lengths, minimal integers, nothing after the value.
// Throws DerFault and nothing else; the parsers of this folder turn it into their failure. Never guesses at BER.
import type { Instant } from "../base/clock.ts";

/** What was wrong, for a failure's detail. */
export class DerFault extends Error {}

/** Views of the bytes that were read, not copies. */
export interface DerNode {
  readonly tag: number;
  /** Tag, length and content. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific, constructed. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** Exactly one value, and nothing after it. */
export function readDer(bytes: Uint8Array, tag?: number): DerNode {
  const node = nodeAt(bytes, 0);
  if (node.bytes.length !== bytes.length) throw new DerFault("bytes after the value");
  if (tag !== undefined) expectTag(node, tag);
  return node;
}

/** The values inside a constructed one. */
export function childrenOf(node: DerNode, tag?: number): DerNode[] {
  if (tag !== undefined) expectTag(node, tag);
  if ((node.tag & constructed) === 0) throw new DerFault("not constructed");
  const children: DerNode[] = [];
  for (let at = 0; at < node.content.length; ) {
    const child = nodeAt(node.content, at);
    children.push(child);
    at += child.bytes.length;
  }
  return children;
}

/** Where a value's content begins and ends. */
export interface DerHeader {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** @param limit where the value around it ends. */
export function headerAt(bytes: Uint8Array, at: number, limit: number): DerHeader {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) throw new DerFault("cut off");
  if ((tag & 0x1f) === 0x1f) throw new DerFault("long tag");
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count < 1 || count > maximumLengthBytes) throw new DerFault("length not definite or too large");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start++] ?? Number.NaN);
    if (!(length >= 0x80) || length < 256 ** (count - 1)) throw new DerFault("length cut off or not minimal");
  }
  const end = start + length;
  if (end > limit) throw new DerFault("cut off");
  return { tag, start, end };
}

export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag !== tag)
    throw new DerFault(`tag 0x${tag.toString(16)} expected, got ${node === undefined ? "nothing" : `0x${node.tag.toString(16)}`}`);
  return node;
}

/** Zero or positive: no field that is read here may be negative. */
export function unsigned(node: DerNode | undefined, tag: number = derTag.integer): bigint {
  const { content } = expectTag(node, tag);
  const [first, second] = content;
  if (first === undefined || first >= 0x80) throw new DerFault("integer empty or negative");
  if (first === 0 && second !== undefined && second < 0x80) throw new DerFault("integer not minimal");
  if (content.length > maximumInteger) throw new DerFault("integer too long");
  return content.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function oidOf(node: DerNode | undefined): string {
  const { content } = expectTag(node, derTag.oid);
  // Failures quote it, so it must be short before anybody has vouched for it.
  if (content.length > maximumOid) throw new DerFault("object identifier too long");
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    if (arc === 0 && byte === 0x80) throw new DerFault("object identifier not minimal");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0xffff_ffff) throw new DerFault("object identifier arc too large");
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    } else if (index === content.length - 1) throw new DerFault("object identifier cut off");
  }
  const [first, ...others] = arcs;
  if (first === undefined) throw new DerFault("object identifier empty");
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...others].join(".");
}

export function booleanOf(node: DerNode | undefined): boolean {
  const { content } = expectTag(node, derTag.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerFault("boolean not 00 or FF");
  return content[0] === 0xff;
}

/** Whole bytes only, as in every signature and key. */
export function bitStringBytes(node: DerNode | undefined): Uint8Array {
  const { content } = expectTag(node, derTag.bitString);
  if (content[0] !== 0) throw new DerFault("bit string not of whole bytes");
  return content.slice(1);
}

/** RFC 5280 section 4.1.2.5: UTCTime YYMMDDHHMMSSZ to 2049, GeneralizedTime YYYYMMDDHHMMSSZ. */
export function timeOf(node: DerNode | undefined): Instant {
  const short = node?.tag === derTag.utcTime;
  const { content } = short ? node : expectTag(node, derTag.generalizedTime);
  const text = content.length > longestTime ? "" : String.fromCharCode(...content);
  const parts = (short ? utcTime : generalizedTime).exec(text);
  if (parts === null) throw new DerFault("time not in the form of RFC 5280");
  const [, year = "", month = "", day = "", hour = "", minute = "", second = ""] = parts;
  const century = short ? (Number(year) < 50 ? "20" : "19") : "";
  const written = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const instant = Date.parse(written);
  // Date.parse rolls 31 February over into March: only what reads back the same was a real date.
  if (!Number.isFinite(instant) || new Date(instant).toISOString() !== written) throw new DerFault("no such time");
  return instant;
}

function nodeAt(bytes: Uint8Array, at: number): DerNode {
  const { tag, start, end } = headerAt(bytes, at, bytes.length);
  return { tag, bytes: bytes.subarray(at, end), content: bytes.subarray(start, end) };
}

const constructed = 0x20;
/** 16 MiB, above every limit of a caller. */
const maximumLengthBytes = 3;
/** RFC 5280 allows serial numbers of 20 bytes, the sign included. */
const maximumInteger = 20;
/** AMD's have 10 bytes at most. */
const maximumOid = 32;
const longestTime = 15;
const utcTime = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const generalizedTime = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
