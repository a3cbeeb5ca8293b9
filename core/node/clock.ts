// What time is it on this machine? The Clock port on the system's two clocks.
// Never corrects or smooths: a jump of the wall clock is for the caller to see.
import type { Clock } from "../base/clock.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
