// Is what we are pointed at a verifier at all? It must say yes to the genuine vector, and no once a single bit of the report, or of the signature
// under its key's certificate, is another. Whoever says yes to everything is quick, and no comparison.
import { NotComparable } from "./not-comparable.ts";
import type { VectorParts } from "./vector.ts";

export interface Answer {
  readonly yes: boolean;
  /** What it said or returned, in a few words. */
  readonly words: string;
}

/** @throws {@link NotComparable} with the first answer that is wrong. */
export async function expectVerifier(
  name: string,
  parts: VectorParts,
  ask: (parts: VectorParts) => Answer | Promise<Answer>,
): Promise<void> {
  const genuine = await ask(parts);
  if (!genuine.yes) throw new NotComparable(`${name} does not say yes to the genuine report: ${genuine.words}. Nothing was compared.`);
  for (const [what, changed] of changes(parts)) {
    const answer = await ask(changed);
    if (answer.yes) throw new NotComparable(`${name} says yes although one bit of ${what} was changed. It was not measured.`);
  }
}

/** Each with a single bit that is another. */
export function changes(parts: VectorParts): readonly (readonly [what: string, changed: VectorParts])[] {
  return [
    ["the report's measurement", { ...parts, report: flipped(parts.report, measurementStart) }],
    ["the signature under the VEK certificate", { ...parts, vek: flipped(parts.vek, parts.vek.length - 1) }],
  ];
}

function flipped(bytes: Uint8Array, offset: number): Uint8Array {
  const changed = bytes.slice();
  changed[offset] = (changed[offset] ?? 0) ^ 1;
  return changed;
}

const measurementStart = 0x90;
