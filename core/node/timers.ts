// When is a wait over? The Timers port on Node's timers, which run on monotonic time. A wait longer than Node can count is cut into parts.
import type { Timers } from "../manager/ports.ts";

export const systemTimers: Timers = { after };

/** Keeps the program alive until it calls back: a wait that ends a program early, with exit code 0, is worse than one that outlives it. */
function after(ms: number, callback: () => void): () => void {
  const due = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = due - performance.now();
    timer = setTimeout(left > longestTimeout ? arm : callback, Math.max(0, Math.min(left, longestTimeout)));
  };
  arm();
  return () => clearTimeout(timer);
}

/** setTimeout takes a larger number for 1 ms. */
const longestTimeout = 2 ** 31 - 1;
