// How may JSON text be damaged so that it is still nearly JSON? Members doubled, dropped, renamed, moved; values of other kinds; nesting.
import { concat } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import type { Draw } from "./draw.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import type { Mutate } from "./target.ts";

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Member extends Span {
  readonly value: Span;
}
interface Spans {
  readonly values: readonly Span[];
  readonly members: readonly Member[];
}

export const mutateJson: Mutate = (seed, draw, seeds) => {
  const spans = spansOf(seed);
  if (spans.values.length === 0) return mutateBytes(seed, draw, seeds);
  return draw.pick(damages)(seed, draw, spans, seeds);
};

type Damage = (bytes: Uint8Array, draw: Draw, spans: Spans, seeds: readonly Uint8Array[]) => Uint8Array;

const otherValue: Damage = (bytes, draw, { values }) => put(bytes, draw.pick(values), draw.pick(literals));

const valueFromElsewhere: Damage = (bytes, draw, { values }, seeds) => {
  const other = draw.pick(seeds);
  const taken = draw.pick(spansOf(other).values);
  return put(bytes, draw.pick(values), other.subarray(taken.start, taken.end));
};

const doubled: Damage = (bytes, draw, { members }) => {
  if (members.length === 0) return bytes.slice();
  const member = draw.pick(members);
  const again = bytes.slice(member.start, member.end);
  // Perhaps with its first letter written in another way: the same name all the same.
  const hidden = draw.chance(30)
    ? concat(utf8('"\\u00'), utf8((again[1] ?? 0x61).toString(16).padStart(2, "0")), again.subarray(2))
    : again;
  return concat(bytes.subarray(0, member.end), comma, hidden, bytes.subarray(member.end));
};

const dropped: Damage = (bytes, draw, { members }) => {
  if (members.length === 0) return bytes.slice();
  const { start, end } = draw.pick(members);
  const commaAfter = bytes[end] === 0x2c;
  const commaBefore = !commaAfter && bytes[start - 1] === 0x2c;
  return concat(bytes.subarray(0, start - (commaBefore ? 1 : 0)), bytes.subarray(end + (commaAfter ? 1 : 0)));
};

const renamed: Damage = (bytes, draw, { members }) => {
  if (members.length === 0) return bytes.slice();
  const { start, value } = draw.pick(members);
  return put(bytes, { start, end: value.start }, concat(draw.pick(names), utf8(":")));
};

const added: Damage = (bytes, draw, { members }) => {
  if (members.length === 0) return bytes.slice();
  const { start } = draw.pick(members);
  return concat(bytes.subarray(0, start), draw.pick(names), utf8(":"), draw.pick(literals), comma, bytes.subarray(start));
};

const nested: Damage = (bytes, draw, { values }) => {
  const { start, end } = draw.pick(values);
  const depth = draw.chance(10) ? 4_000 : 1 + draw.below(24);
  const [open, close] = draw.chance(50) ? ["[", "]"] : ['{"a":', "}"];
  return put(bytes, { start, end }, concat(utf8(open.repeat(depth)), bytes.subarray(start, end), utf8(close.repeat(depth))));
};

const list: Damage = (bytes, draw, { values }) => {
  const { start, end } = draw.pick(values);
  const value = bytes.subarray(start, end);
  const copies = draw.chance(10) ? Math.min(2_000, Math.floor(60_000 / (value.length + 1))) : 2 + draw.below(20);
  const parts = Array.from({ length: copies }, () => [value, comma]).flat();
  return put(bytes, { start, end }, concat(utf8("["), ...parts.slice(0, -1), utf8("]")));
};

const swapped: Damage = (bytes, draw, { values }) => {
  const [one, two] = [draw.pick(values), draw.pick(values)].sort((a, b) => a.start - b.start);
  if (one === undefined || two === undefined || one.end > two.start) return bytes.slice();
  return concat(
    bytes.subarray(0, one.start),
    bytes.subarray(two.start, two.end),
    bytes.subarray(one.end, two.start),
    bytes.subarray(one.start, one.end),
    bytes.subarray(two.end),
  );
};

const spaced: Damage = (bytes, draw, { values }) => {
  const { start } = draw.pick(values);
  return concat(bytes.subarray(0, start), utf8(draw.pick([" ", "\n\t", "\u00a0", "\u0000", "/**/"])), bytes.subarray(start));
};

/** A change inside a value that leaves everything around it. */
const scratched: Damage = (bytes, draw, { values }, seeds) => {
  const { start, end } = draw.pick(values);
  return put(bytes, { start, end }, mutateBytes(bytes.subarray(start, end), draw, seeds));
};

const damages: readonly Damage[] = [
  otherValue,
  otherValue,
  valueFromElsewhere,
  doubled,
  dropped,
  renamed,
  added,
  nested,
  list,
  swapped,
  spaced,
  scratched,
  scratched,
];

const comma = utf8(",");
const names = ["__proto__", "constructor", "toString", "", "version", "type", "kind", "require", "waived", "\u{1f511}"].map((name) =>
  utf8(JSON.stringify(name)),
);
const literals = [
  ..."null true false 0 -0 1 -1 1.5 1e2 1.0 1e308 1e400 -1e-400 9007199254740993 01 .5 [] {} [null] NaN Infinity [,]".split(" "),
  ...String.raw`"" "\u0000" "\ud800" "\ud83d\udd11" "\u202e" "\/" "\x" {"require":true}`.split(" "),
  JSON.stringify("a".repeat(600)),
  JSON.stringify("0".repeat(96)),
  JSON.stringify("é".repeat(5_000)),
  "1".repeat(400),
].map(utf8);

function put(bytes: Uint8Array, { start, end }: Span, replacement: Uint8Array): Uint8Array {
  return concat(bytes.subarray(0, start), replacement, bytes.subarray(end));
}

const known = new WeakMap<Uint8Array, Spans>();

function spansOf(bytes: Uint8Array): Spans {
  const seen = known.get(bytes);
  if (seen !== undefined) return seen;
  const spans = { values: [], members: [] };
  scanValue(bytes, 0, spans, 0);
  known.set(bytes, spans);
  return spans;
}

/** Of text that may be damaged: finds what it can. @returns where the value ends. */
function scanValue(bytes: Uint8Array, from: number, spans: { values: Span[]; members: Member[] }, depth: number): number {
  const first = bytes[from];
  let at = from;
  if (first === quote) at = stringEnd(bytes, from);
  else if ((first === 0x7b || first === 0x5b) && depth < 64) {
    at++;
    while (at < bytes.length && bytes[at] !== 0x7d && bytes[at] !== 0x5d) {
      const start = at;
      if (first === 0x7b) at = stringEnd(bytes, at) + 1;
      const value = at;
      at = scanValue(bytes, at, spans, depth + 1);
      if (first === 0x7b) spans.members.push({ start, end: at, value: { start: value, end: at } });
      if (bytes[at] === 0x2c || at === start) at++;
    }
    at++;
  } else while (at < bytes.length && !ends.has(bytes[at] ?? 0)) at++;
  const end = Math.min(at, bytes.length);
  spans.values.push({ start: Math.min(from, end), end });
  return end;
}

function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === 0x5c ? 2 : 1;
  return at + 1;
}

const quote = 0x22;
const ends: ReadonlySet<number> = new Set([0x2c, 0x7d, 0x5d]);
