// What do the names and extensions of X.509 say, in certificates and lists? RFC 5280 sections 4.1.2.4, 4.2.1.3 and 4.2.1.9, as far as AMD uses them.
// Throws DerFault and nothing else. Never decides which extensions are acceptable.
import { equalBytes } from "../base/bytes.ts";
import { fromUtf8 } from "../base/utf8.ts";
import { booleanOf, childrenOf, DerFault, type DerNode, derTag, expectTag, oidOf, readDer, unsigned } from "./der.ts";
import { expectDerThroughout } from "./der-throughout.ts";

export interface X509Extension {
  readonly critical: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array;
}

export interface KeyUsage {
  readonly certSign: boolean;
  readonly crlSign: boolean;
}

export interface BasicConstraints {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
}

/** @param name a Name with one attribute in each part, as AMD writes them, and exactly one common name among them. */
export function commonNameOf(name: DerNode | undefined): string {
  const names: string[] = [];
  for (const part of childrenOf(expectTag(name, derTag.sequence))) {
    const [attribute, ...more] = childrenOf(part, derTag.set);
    const [type, value, ...others] = childrenOf(expectTag(attribute, derTag.sequence));
    if (value === undefined || more.length + others.length > 0) throw new DerFault("part of a name not one type and value");
    if (equalBytes(expectTag(type, derTag.oid).content, commonName)) names.push(textOf(value));
  }
  const [only, ...more] = names;
  if (only === undefined || more.length > 0) throw new DerFault("not one common name");
  return only;
}

/** By dotted object identifier, in their order; none twice. */
export function extensionsOf(extensions: DerNode | undefined): Map<string, X509Extension> {
  const read = new Map<string, X509Extension>();
  for (const extension of childrenOf(expectTag(extensions, derTag.sequence))) {
    const [name, ...parts] = childrenOf(extension, derTag.sequence);
    const oid = oidOf(name);
    const critical = parts[0]?.tag === derTag.boolean;
    if (critical && !booleanOf(parts.shift())) throw new DerFault("default value written out");
    const value = expectTag(parts.shift(), derTag.octetString).content;
    if (parts.length > 0) throw new DerFault("more fields than an extension has");
    if (read.has(oid)) throw new DerFault(`duplicate extension ${oid}`);
    // AMD's own extensions are not all DER inside (hwID is raw bytes); those of X.509 are.
    if (oid.startsWith(standardExtensions)) expectDerThroughout(readDer(value));
    read.set(oid, { critical, value });
  }
  return read;
}

export function basicConstraintsOf(extension: X509Extension | undefined): BasicConstraints {
  if (extension === undefined) return { isCa: false, pathLength: undefined };
  const parts = childrenOf(readDer(extension.value), derTag.sequence);
  const isCa = parts[0]?.tag === derTag.boolean;
  if (isCa && !booleanOf(parts.shift())) throw new DerFault("default value written out");
  const length = parts.shift();
  if (parts.length > 0) throw new DerFault("more fields than basic constraints have");
  if (length !== undefined && !isCa) throw new DerFault("path length of no authority");
  const pathLength = length === undefined ? undefined : unsigned(length);
  if (pathLength !== undefined && pathLength > maximumPathLength) throw new DerFault("path length too large");
  return { isCa, pathLength: pathLength === undefined ? undefined : Number(pathLength) };
}

/** @returns undefined where there is none. */
export function keyUsageOf(extension: X509Extension | undefined): KeyUsage | undefined {
  if (extension === undefined) return undefined;
  const { content } = readDer(extension.value, derTag.bitString);
  // The first byte counts unused bits. AMD's ASK and ASVK keep a trailing zero bit that X.690 section 11.2.2 would drop: 03 02 01 04.
  const [, first = 0, ...others] = content;
  if (content.length < 2 || others.length > 1 || (content.at(-1) ?? 0) === 0) throw new DerFault("key usage empty or too long");
  return { certSign: (first & keyCertSign) !== 0, crlSign: (first & cRLSign) !== 0 };
}

function textOf(value: DerNode): string {
  if (value.tag !== derTag.utf8String && value.tag !== derTag.printableString) throw new DerFault("common name of another kind of text");
  const text = fromUtf8(value.content);
  if (text === undefined) throw new DerFault("text not UTF-8");
  return text;
}

/** 2.5.4.3 */
const commonName = new Uint8Array([0x55, 0x04, 0x03]);
const standardExtensions = "2.5.29.";
/** AMD's is 0. */
const maximumPathLength = 255n;
/** RFC 5280 numbers bits from the highest: 5 and 6. */
const keyCertSign = 0x04;
const cRLSign = 0x02;
