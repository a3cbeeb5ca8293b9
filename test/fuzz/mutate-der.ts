// How may DER be damaged so that all lengths around the damage are right again? The way past a reader's outer checks. X.690.
import { concat } from "../../core/base/bytes.ts";
import type { Draw } from "./draw.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import type { Mutate } from "./target.ts";

interface Node {
  /** Index of the value around it, -1 for none. */
  readonly parent: number;
  readonly start: number;
  /** Where its content begins. */
  readonly inside: number;
  readonly end: number;
}

export const mutateDer: Mutate = (seed, draw, seeds) => {
  const nodes = nodesOf(seed);
  if (nodes.length === 0) return mutateBytes(seed, draw, seeds);
  const index = draw.below(nodes.length);
  const node = nodes[index];
  if (node === undefined) return seed.slice();
  return replace(seed, nodes, index, draw.pick(damages)(seed.subarray(node.start, node.end), draw, seeds, node.inside - node.start));
};

type Damage = (value: Uint8Array, draw: Draw, seeds: readonly Uint8Array[], header: number) => Uint8Array;

const retag: Damage = (value, draw) => {
  const other = value.slice();
  other[0] = draw.pick(tags);
  return other;
};

const reContent: Damage = (value, draw, seeds, header) => wrap(value[0] ?? 0, mutateBytes(value.subarray(header), draw, seeds));

const edgeContent: Damage = (value, draw) => wrap(value[0] ?? 0, draw.pick(contents));

const another: Damage = (_value, draw, seeds) => {
  const other = draw.pick(seeds);
  const nodes = nodesOf(other);
  const node = nodes[draw.below(nodes.length)];
  return node === undefined ? new Uint8Array(0) : other.slice(node.start, node.end);
};

/** The same value with a length that BER allows and DER does not, or with one that lies. */
const reLength: Damage = (value, draw, _seeds, header) => {
  const [tag, content] = [value.subarray(0, 1), value.subarray(header)];
  const { length } = content;
  return draw.pick([
    () => concat(tag, Uint8Array.of(0x83, length >> 16, length >> 8, length), content),
    () => concat(tag, Uint8Array.of(0x84, 0, 0, length >> 8, length), content),
    () => concat(tag, Uint8Array.of(0x80), content, new Uint8Array(2)),
    () => concat(tag, lengthOf(length + draw.below(5) - 2), content),
    () => concat(tag, Uint8Array.of(0x84, 0xff, 0xff, 0xff, 0xff), content),
    () => concat(tag, Uint8Array.of(draw.next()), content),
  ])();
};

const deep: Damage = (value, draw) => {
  let nested = value;
  const tag = draw.pick([0x30, 0x31, 0xa0, 0xa3, 0x24]);
  for (let left = draw.chance(5) ? 1_000 : 1 + draw.below(40); left > 0; left--) nested = wrap(tag, nested);
  return nested;
};

const often: Damage = (value, draw) => {
  const copies = draw.chance(10) ? Math.min(500, Math.floor(100_000 / value.length)) : 2 + draw.below(3);
  return concat(...Array.from({ length: copies }, () => value));
};

const damages: readonly Damage[] = [
  retag,
  reContent,
  reContent,
  reContent,
  edgeContent,
  another,
  reLength,
  deep,
  often,
  () => new Uint8Array(0),
];
const tags = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x1f, 0x30, 0x31, 0x80, 0xa0, 0xa1, 0xa3, 0xff,
];
const contents: readonly Uint8Array[] = [
  [],
  [0],
  [1],
  [0x7f],
  [0x80],
  [0xff],
  [0, 0],
  [0, 0x80],
  [0xff, 0xff],
  [0x80, 0x01],
  [0x55, 0x1d, 0x13],
  [0x55, 0x1d, 0x0f],
].map((bytes) => Uint8Array.from(bytes));

function replace(bytes: Uint8Array, nodes: readonly Node[], index: number, replacement: Uint8Array): Uint8Array {
  let current = replacement;
  let { parent = -1, start = 0, end = 0 } = nodes[index] ?? {};
  for (let around = nodes[parent]; around !== undefined; around = nodes[parent]) {
    current = wrap(bytes[around.start] ?? 0, bytes.subarray(around.inside, start), current, bytes.subarray(end, around.end));
    ({ parent, start, end } = around);
  }
  return concat(bytes.subarray(0, start), current, bytes.subarray(end));
}

/** A value of any length, unlike the simulator's, which writes short ones only. */
export function wrap(tag: number, ...contentParts: readonly Uint8Array[]): Uint8Array {
  const length = contentParts.reduce((sum, part) => sum + part.length, 0);
  return concat(Uint8Array.of(tag), lengthOf(length), ...contentParts);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(Math.max(0, length));
  if (length < 0x100) return Uint8Array.of(0x81, length);
  if (length < 0x1_0000) return Uint8Array.of(0x82, length >> 8, length);
  return Uint8Array.of(0x83, length >> 16, length >> 8, length);
}

const known = new WeakMap<Uint8Array, readonly Node[]>();

/** As far as it can be read; the contents of octet and bit strings too, where they are values. */
function nodesOf(bytes: Uint8Array): readonly Node[] {
  const seen = known.get(bytes);
  if (seen !== undefined) return seen;
  const nodes: Node[] = [];
  walk(bytes, 0, bytes.length, -1, nodes, 0);
  known.set(bytes, nodes);
  return nodes;
}

function walk(bytes: Uint8Array, from: number, to: number, parent: number, nodes: Node[], depth: number): boolean {
  for (let at = from; at < to; ) {
    const first = bytes[at + 1] ?? 0;
    const count = first < 0x80 ? 0 : first - 0x80;
    let length = first;
    if (count > 0) length = 0;
    for (let i = 0; i < Math.min(count, 4); i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const inside = at + 2 + count;
    const end = inside + length;
    if (end > to || count > 3 || first === 0x80) return false;
    const index = nodes.push({ parent, start: at, inside, end }) - 1;
    const tag = bytes[at] ?? 0;
    if ((tag & 0x20) !== 0 && depth < 20) walk(bytes, inside, end, index, nodes, depth + 1);
    else if (tag === 0x04 && length > 1 && [0x30, 0x02, 0x16].includes(bytes[inside] ?? 0)) walkInside(bytes, nodes, index, depth);
    at = end;
  }
  return true;
}

function walkInside(bytes: Uint8Array, nodes: Node[], index: number, depth: number): void {
  const { inside = 0, end = 0 } = nodes[index] ?? {};
  const before = nodes.length;
  if (!walk(bytes, inside, end, index, nodes, depth + 1)) nodes.length = before;
}
