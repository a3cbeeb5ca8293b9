// How are measurements told? As medians and 95th percentiles in milliseconds, and as ratios within one run: a machine's speed cancels out.

/** One line of the table. Milliseconds. */
export interface Figure {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
}

/** Of medians, and the least and the greatest of the same ratio within a part of the run. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly greatest: number;
}

export interface Report {
  readonly title: string;
  /** What was compared with what. */
  readonly ratios: readonly Ratio[];
  readonly figures: readonly Figure[];
  /** What a reader should know before they trust the figures. */
  readonly notes: readonly string[];
}

export function figure(name: string, milliseconds: readonly number[]): Figure {
  return { name, p50: percentile(milliseconds, 0.5), p95: percentile(milliseconds, 0.95) };
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** @param above as many as `below`, measured by turns: the same place in both is the same moment of the run. */
export function ratio(name: string, above: readonly number[], below: readonly number[]): Ratio {
  const value = (from: number, until: number): number =>
    percentile(above.slice(from, until), 0.5) / percentile(below.slice(from, until), 0.5);
  const length = Math.max(1, Math.ceil(above.length / parts));
  const starts = Array.from({ length: Math.ceil(above.length / length) }, (_, part) => part * length);
  const within = starts.map((start) => value(start, start + length));
  return { name, value: value(0, above.length), least: Math.min(...within), greatest: Math.max(...within) };
}

export function reportText({ title, ratios, figures, notes }: Report): string {
  const width = Math.max(...[...ratios, ...figures].map(({ name }) => name.length), 20);
  const cell = (value: number): string => value.toFixed(value < 10 ? 3 : 1).padStart(10);
  return [
    title,
    ...ratios.map(
      ({ name, value, least, greatest }) =>
        `  ${name.padEnd(width)}${`${value.toFixed(2)} x`.padStart(10)}   (${least.toFixed(2)} to ${greatest.toFixed(2)})`,
    ),
    `  ${"milliseconds".padEnd(width)}${"p50".padStart(10)}${"p95".padStart(10)}`,
    ...figures.map(({ name, p50, p95 }) => `  ${name.padEnd(width)}${cell(p50)}${cell(p95)}`),
    ...notes.map((note) => `  ${note}`),
    "",
  ].join("\n");
}

/** Milliseconds of one call. */
export function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** Milliseconds until it is done. */
export async function timedAsync(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Into so many the run is cut, to tell how far a ratio wanders. */
const parts = 5;
