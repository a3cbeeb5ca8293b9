// How are measurements told? As medians and 95th percentiles in milliseconds, and as ratios within one run: a machine's speed cancels out.

/** One line of the table. Milliseconds. */
export interface Figure {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
}

export interface Report {
  readonly title: string;
  /** What was compared with what. */
  readonly ratios: readonly { readonly name: string; readonly value: number }[];
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

export function ratio(name: string, above: readonly number[], below: readonly number[]): { readonly name: string; readonly value: number } {
  return { name, value: percentile(above, 0.5) / percentile(below, 0.5) };
}

export function reportText({ title, ratios, figures, notes }: Report): string {
  const width = Math.max(...[...ratios, ...figures].map(({ name }) => name.length), 20);
  const cell = (value: number): string => value.toFixed(value < 10 ? 3 : 1).padStart(10);
  return [
    title,
    ...ratios.map(({ name, value }) => `  ${name.padEnd(width)}${`${value.toFixed(2)} x`.padStart(10)}`),
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
