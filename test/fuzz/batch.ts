// Runs one batch of inputs in this thread: what came of each, how long it took, how much memory stayed. Finds everything but a hang, for
// which somebody else must watch `progress` (watched.ts).
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Fault, inputOf, type Target } from "./target.ts";

export interface Batch {
  readonly target: string;
  readonly seed: number;
  readonly count: number;
  /** Ends the batch sooner. */
  readonly milliseconds?: number;
  /** Bytes that the whole process may take; {@link maximumRss} unless a test wants less. */
  readonly mostRss?: number;
}

/** One input that is there already. */
export interface Replay {
  readonly target: string;
  readonly input: Uint8Array;
}

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  readonly what: string;
}

export interface BatchResult {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly milliseconds: number;
  /** How often the parser took the input, and how often it refused it with which code. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowest: { readonly index: number; readonly milliseconds: number };
  /** Both from after the warm-up to the end: what the process took from the system, and what is still held after a collection. */
  readonly rssGrowth: number;
  readonly heldGrowth: number;
  /** Of the whole process: what was seen, or the system's own mark where this batch has raised it. */
  readonly rssPeak: number;
  /** The first of each kind. */
  readonly findings: readonly Finding[];
}

/** @param progress the number of the input in work, for whoever watches. */
export function runBatch(
  target: Target,
  { seed, count, milliseconds = Number.POSITIVE_INFINITY, mostRss = maximumRss }: Batch,
  progress: Int32Array,
): BatchResult {
  const { milliseconds: tooSlow = usuallyTooSlow } = target;
  const outcomes: Record<string, number> = {};
  const findings = new Map<string, Finding>();
  const begun = performance.now();
  let slowest = { index: 0, milliseconds: 0 };
  let rssBase = 0;
  let heldBase: number | undefined;
  let rssPeak = 0;
  const markBefore = highestRss();
  let index = 0;
  for (; index < count && findings.size < maximumFindings; index++) {
    if (index % sampled === 0) {
      const rss = process.memoryUsage.rss();
      rssPeak = Math.max(rssPeak, rss);
      // Growth up to the warm-up's end is the engine's own: compiled code, a larger heap.
      if (index <= Math.min(warmUp, count / 2)) rssBase = rss;
      else heldBase ??= held();
      if (rss - rssBase > maximumRssGrowth) break;
      if (performance.now() - begun > milliseconds) break;
    }
    Atomics.store(progress, 0, index);
    const input = inputOf(target, seed, index);
    const started = performance.now();
    const { outcome, what } = examine(target, input);
    const took = performance.now() - started;
    if (took > slowest.milliseconds) slowest = { index, milliseconds: took };
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const found = what ?? (took > tooSlow && isSlow(target, input, tooSlow) ? `slower than ${tooSlow} ms` : undefined);
    if (found !== undefined && !findings.has(found)) findings.set(found, { target: target.name, seed, index, what: found });
  }
  const rssGrowth = Math.max(0, process.memoryUsage.rss() - rssBase);
  const heldGrowth = heldBase === undefined ? 0 : Math.max(0, held() - heldBase);
  // Also sees what one input took and gave back between two looks.
  const mark = highestRss();
  if (mark > markBefore) rssPeak = Math.max(rssPeak, mark);
  if (rssGrowth > maximumRssGrowth || heldGrowth > maximumHeldGrowth)
    findings.set("memory", { target: target.name, seed, index: index - 1, what: "memory grew over the batch" });
  else if (rssPeak > mostRss)
    findings.set("memory", { target: target.name, seed, index: index - 1, what: `took more than ${mostRss / mebibyte} MiB` });
  const took = performance.now() - begun;
  return {
    target: target.name,
    seed,
    inputs: index,
    milliseconds: took,
    outcomes,
    slowest,
    rssGrowth,
    heldGrowth,
    rssPeak,
    findings: [...findings.values()],
  };
}

/** @returns what the input broke in `what`. */
export function examine(target: Target, input: Uint8Array): { readonly outcome: string; readonly what?: string } {
  const before = input.slice();
  try {
    const outcome = target.examine(input);
    if (Buffer.compare(before, input) !== 0) return { outcome: "fault", what: "the input was changed" };
    return { outcome };
  } catch (cause) {
    const what =
      cause instanceof Fault ? cause.message : `threw ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`;
    return { outcome: "fault", what: what.slice(0, longestWhat) };
  }
}

/** Bytes of this thread's heap and buffers that nothing but a leak keeps. */
function held(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function highestRss(): number {
  return process.resourceUsage().maxRSS * 1_024;
}

/** A busy machine stops a thread for longer than that: only what keeps this thread itself at work that long, each time, is slow. */
function isSlow(target: Target, input: Uint8Array, tooSlow: number): boolean {
  return [1, 2, 3].every(() => {
    const before = process.threadCpuUsage();
    examine(target, input);
    const { user, system } = process.threadCpuUsage(before);
    return user + system > tooSlow * 1_000;
  });
}

const usuallyTooSlow = 250;
const sampled = 1_024;
const warmUp = 4_096;
const maximumFindings = 20;
/** The engine takes what it likes up to here, more so on a busy machine; what it holds on to is the real question. */
const mebibyte = 1_048_576;
const maximumRssGrowth = 512 * mebibyte;
const maximumHeldGrowth = 64 * mebibyte;
/** Of the whole process, at any moment: the seeds of all targets and a test runner around them take some hundreds. */
export const maximumRss = 1_280 * mebibyte;
const longestWhat = 200;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
