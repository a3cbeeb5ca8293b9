// Writes the DER that certificates and revocation lists of the simulated hierarchy are made of (X.690, section 10).
// Own writer, because AMD's raw hwID extension and the omitted PSS trailer field cannot be said to a general certificate library.
// It only writes: nothing here may be used to read input.
import { concat } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";
import type { Instant } from "../base/clock.ts";

/** @param tag the identifier octet, e.g. 0x30 for SEQUENCE. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  return concat(Uint8Array.of(tag, ...lengthOctets(content.length)), content);
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...members);
}

export function set(...members: readonly Uint8Array[]): Uint8Array {
  return der(0x31, ...members);
}

/** Context tag `[number]`, constructed (explicit, or implicit over a constructed type). */
export function context(number: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return der(0xa0 + number, ...contents);
}

/** Context tag `[number]`, primitive (implicit over a primitive type). */
export function contextPrimitive(number: number, content: Uint8Array): Uint8Array {
  return der(0x80 + number, content);
}

/** @param value not negative. */
export function integer(value: number): Uint8Array {
  const octets = [value % 256];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  if ((octets[0] ?? 0) >= 0x80) octets.unshift(0);
  return der(0x02, Uint8Array.from(octets));
}

/** @param arcs dotted decimal. */
export function objectIdentifier(arcs: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = arcs.split(".").map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return der(0x04, bytes);
}

/** @param unusedBits how many low bits of the last byte do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBits), bytes);
}

export function boolean(value: boolean): Uint8Array {
  return der(0x01, Uint8Array.of(value ? 0xff : 0));
}

export function nothing(): Uint8Array {
  return der(0x05);
}

export function utf8String(text: string): Uint8Array {
  return der(0x0c, utf8(text));
}

export function printableString(text: string): Uint8Array {
  return der(0x13, utf8(text));
}

export function ia5String(text: string): Uint8Array {
  return der(0x16, utf8(text));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5), whole seconds. */
export function time(instant: Instant): Uint8Array {
  const digits = new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "");
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? der(0x17, utf8(`${digits.slice(2)}Z`)) : der(0x18, utf8(`${digits}Z`));
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  throw new Error("the simulator writes nothing this long");
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(128 + (rest % 128));
  return octets;
}
