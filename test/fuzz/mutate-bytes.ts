// How may a run of bytes be damaged without knowing what it means? Flips, cuts, insertions, splices, numbers at the edges of their range.
import { concat, viewOf } from "../../core/base/bytes.ts";
import type { Mutate } from "./target.ts";

/** One to four damages, one after the other. */
export const mutateBytes: Mutate = (seed, draw, seeds) => {
  let bytes: Uint8Array = seed.slice();
  for (let left = 1 + draw.below(4); left > 0; left--) bytes = draw.pick(damages)(bytes, draw, seeds);
  return bytes;
};

/** For fixed layouts: nearly always of the seed's length, because any other is refused at once. */
export const mutateInPlace: Mutate = (seed, draw, seeds) => {
  if (draw.chance(5)) return mutateBytes(seed, draw, seeds);
  let bytes: Uint8Array = seed.slice();
  for (let left = draw.below(5); left > 0; left--) bytes = draw.pick(inPlace)(bytes, draw, seeds);
  return bytes;
};

/**
 * Seeds whose form is known: mostly one damage that keeps the form around it, then perhaps some that do not. Now and then the seed as it is,
 * because what is taken must be tried too.
 */
export function mutateWith(structure: Mutate): Mutate {
  return (seed, draw, seeds) => {
    if (draw.chance(2)) return seed.slice();
    if (draw.chance(25)) return mutateBytes(seed, draw, seeds);
    let bytes = structure(seed, draw, seeds);
    if (draw.chance(20)) bytes = structure(bytes, draw, seeds);
    return draw.chance(15) ? mutateBytes(bytes, draw, seeds) : bytes;
  };
}

const flip: Mutate = (bytes, draw) => {
  const at = draw.below(bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << draw.below(8));
  return bytes;
};

const set: Mutate = (bytes, draw) => {
  if (bytes.length > 0) bytes[draw.below(bytes.length)] = draw.chance(50) ? draw.pick(edges) : draw.next();
  return bytes;
};

/** A length, a count or an offset, in either order of bytes. */
const number: Mutate = (bytes, draw) => {
  if (bytes.length < 4) return bytes;
  const value = draw.chance(50) ? draw.pick(numbers) : draw.chance(50) ? bytes.length + draw.below(9) - 4 : draw.below(256);
  viewOf(bytes).setUint32(draw.below(bytes.length - 3), value, draw.chance(50));
  return bytes;
};

const fill: Mutate = (bytes, draw) => {
  const at = draw.below(bytes.length);
  return bytes.fill(draw.pick(edges), at, at + 1 + draw.below(64));
};

const cut: Mutate = (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1));

const remove: Mutate = (bytes, draw) => {
  const at = draw.below(bytes.length);
  return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + draw.below(16)));
};

const insert: Mutate = (bytes, draw) => {
  const at = draw.below(bytes.length + 1);
  return concat(bytes.subarray(0, at), draw.bytes(1 + draw.below(16)), bytes.subarray(at));
};

const repeat: Mutate = (bytes, draw) => {
  const at = draw.below(bytes.length);
  const end = at + 1 + draw.below(128);
  return concat(bytes.subarray(0, end), bytes.subarray(at));
};

const splice: Mutate = (bytes, draw, seeds) => {
  const other = draw.pick(seeds);
  return concat(bytes.subarray(0, draw.below(bytes.length + 1)), other.subarray(draw.below(other.length + 1)));
};

/** Part of another seed over the same place: keeps the length, as fixed layouts need. */
const overlay: Mutate = (bytes, draw, seeds) => {
  const other = draw.pick(seeds);
  const at = draw.below(Math.min(bytes.length, other.length));
  const part = other.subarray(at, at + 1 + draw.below(128));
  bytes.set(part.subarray(0, bytes.length - at), at);
  return bytes;
};

const inPlace: readonly Mutate[] = [flip, flip, flip, set, set, number, fill, overlay, overlay];
const damages: readonly Mutate[] = [...inPlace, cut, remove, insert, repeat, splice];
const edges = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b] as const;
const numbers = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, 0x1_0000, 0x1_0001, 24, 48, 1184, 0x00ff_ffff] as const;
