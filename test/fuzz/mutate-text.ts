// How may text be damaged so that it is still nearly what it was? By lines, as YAML is written, and by words and signs, as expressions are.
import { utf8 } from "../../core/base/utf8.ts";
import type { Draw } from "./draw.ts";
import type { Mutate } from "./target.ts";

/** One to three of `texts` put where it may hurt, or pieces of `seeds` moved, doubled, dropped, wrapped. */
export function mutateText({ pieces, texts, wraps }: TextForm): Mutate {
  return (seed, draw, seeds) => {
    let parts = piecesOf(seed, pieces);
    for (let left = 1 + draw.below(3); left > 0; left--)
      parts = draw.pick(damages)(parts, { draw, texts, wraps, other: () => piecesOf(draw.pick(seeds), pieces) });
    return utf8(parts.join(""));
  };
}

export interface TextForm {
  /** What one piece is; whatever is between two is one as well. Global. */
  readonly pieces: RegExp;
  readonly texts: readonly string[];
  /** Opening and closing, for nesting. */
  readonly wraps: readonly (readonly [string, string])[];
}

interface Means {
  readonly draw: Draw;
  readonly texts: readonly string[];
  readonly wraps: TextForm["wraps"];
  readonly other: () => readonly string[];
}

type Damage = (parts: readonly string[], means: Means) => readonly string[];

const replaced: Damage = (parts, { draw, texts }) => parts.with(at(parts, draw), draw.pick(texts));
const inserted: Damage = (parts, { draw, texts }) => parts.toSpliced(at(parts, draw), 0, draw.pick(texts));
const appended: Damage = (parts, { draw, texts }) => {
  const index = at(parts, draw);
  return parts.with(index, `${parts[index] ?? ""}${draw.pick(texts)}`);
};
const fromElsewhere: Damage = (parts, { draw, other }) => parts.with(at(parts, draw), draw.pick(other()));
const dropped: Damage = (parts, { draw }) => {
  const left = parts.toSpliced(at(parts, draw), 1 + draw.below(3));
  return left.length === 0 ? [" "] : left;
};
const swapped: Damage = (parts, { draw }) => {
  const [one, two] = [at(parts, draw), at(parts, draw)];
  return parts.with(one, parts[two] ?? "").with(two, parts[one] ?? "");
};
const doubled: Damage = (parts, { draw }) => {
  const start = at(parts, draw);
  const some = parts.slice(start, start + 1 + draw.below(4));
  const copies = draw.chance(3) ? 2_000 : 1 + draw.below(4);
  return parts.toSpliced(start, 0, ...Array.from({ length: copies }, () => some.join("")));
};
const wrapped: Damage = (parts, { draw, wraps }) => {
  const start = at(parts, draw);
  const end = start + 1 + draw.below(5);
  const [open, close] = draw.pick(wraps);
  const depth = draw.chance(5) ? 1 + draw.below(4_000) : 1 + draw.below(12);
  return [...parts.slice(0, start), open.repeat(depth), ...parts.slice(start, end), close.repeat(depth), ...parts.slice(end)];
};
const shifted: Damage = (parts, { draw }) => {
  const index = at(parts, draw);
  const part = parts[index] ?? "";
  return parts.with(index, draw.chance(50) ? `${draw.pick(["  ", " ", "\t", "\r"])}${part}` : part.replace(/^ {1,2}/, ""));
};

const damages: readonly Damage[] = [
  replaced,
  replaced,
  inserted,
  appended,
  fromElsewhere,
  fromElsewhere,
  dropped,
  swapped,
  doubled,
  wrapped,
  shifted,
];

function at(parts: readonly string[], draw: Draw): number {
  return draw.below(parts.length);
}

/** Never empty. */
function piecesOf(bytes: Uint8Array, pieces: RegExp): readonly string[] {
  const parts = Buffer.from(bytes)
    .toString("utf8")
    .split(pieces)
    .filter((part) => part !== "");
  return parts.length === 0 ? [" "] : parts;
}
