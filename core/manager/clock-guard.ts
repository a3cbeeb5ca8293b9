// Did somebody turn the clock back while the manager ran? Then a key that was withdrawn could look good again, so nothing is judged.
// The monotonic clock is the witness. A restart takes the clock as it is, and says so in the audit log (recovery.ts).
import type { Clock } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export class ClockGuard {
  readonly #clock: Clock;
  /** Wall clock minus monotonic clock, at its highest. */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** The instant to judge for, or `manager.clock-behind`. */
  now(): Result<number> {
    const now = this.#clock.now();
    const offset = now - this.#clock.monotonic();
    if (offset < this.#offset - tolerance) {
      return fail(failure("manager.clock-behind", `${Math.round((this.#offset - offset) / 1000)} s`));
    }
    this.#offset = Math.max(this.#offset, offset);
    return ok(now);
  }
}

/** Milliseconds. A time service may correct a drifting clock by this much. */
const tolerance = 300_000;
