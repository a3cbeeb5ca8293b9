// Which input differs? A measurement that does not match is compared with what it would be if one of the usual suspects were another, then two of them.
// Bounded in time by its host, who gets a breath between batches. It explains a report; it never accepts one.
import { ok, type Result } from "../base/result.ts";
import type { ExplainInput } from "./explain-input.ts";
import { Search } from "./explain-search.ts";
import { choicesOf } from "./explain-variants.ts";

/** What the search asks of its host between batches of a few milliseconds. */
export interface Pace {
  /** Whether there is time for more. */
  more(): boolean;
  /** Lets the host do what else it has to do. */
  pause(): Promise<void>;
  /** @param share of the whole, 0 to 1. */
  progress?(tried: number, share: number): void;
}

export type Explanation =
  /** `differences` is empty where the believed launch matches as it is. */
  | { readonly found: true; readonly differences: readonly string[]; readonly tried: number }
  /** `complete`: every variant was tried. */
  | { readonly found: false; readonly tried: number; readonly complete: boolean };

/** `measure.boot-set`, `measure.command-line`: the input itself is damaged. */
export async function explainMeasurement(input: ExplainInput, pace: Pace): Promise<Result<Explanation>> {
  const choices = choicesOf(input);
  if (!choices.ok) return choices;
  const search = new Search(input.measurement, input.primitives);
  let pauseAt = batch;
  for (const { says, variant, share } of choices.value) {
    const vcpus = search.match(variant);
    const { tried } = search;
    if (vcpus !== undefined) {
      const differences = vcpus === variant.vcpus ? says : [...says, `vCPUs = ${vcpus}`];
      return ok({ found: true, differences, tried });
    }
    if (search.work < pauseAt) continue;
    pauseAt = search.work + batch;
    pace.progress?.(tried, share);
    await pace.pause();
    if (!pace.more()) return ok({ found: false, tried, complete: false });
  }
  return ok({ found: false, tried: search.tried, complete: true });
}

/** @returns one sentence for the person who asked. */
export function explanationSentence(explanation: Explanation): string {
  const { tried } = explanation;
  if (explanation.found) {
    const { differences } = explanation;
    return differences.length === 0 ? "It matches as it is." : `It matches if ${differences.join(" and ")}.`;
  }
  const variants = tried === 1 ? "the one variant" : `${thousands(tried)} variants`;
  if (explanation.complete) return `None of ${variants} matches: more than two inputs differ, or one that is not known here.`;
  return `None of ${variants} that there was time for matches. Give it more time, or more of what this VM might have been started with.`;
}

/** Without a locale, so that it is the same everywhere. */
function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Digests: some milliseconds. */
const batch = 4_096;
