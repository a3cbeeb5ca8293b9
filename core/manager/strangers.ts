// What is remembered of launches under ids that are not enrolled? A few an hour in full, the others as a count, so that a flood fills no
// disk. The count is committed when it starts, when it doubles, and when the hour or the service ends.
import type { Clock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { Ledger } from "./commit.ts";
import type { ManagerLimits } from "./limits.ts";

export class Strangers {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #limits: ManagerLimits;
  #hourStarted = Number.NEGATIVE_INFINITY;
  #recorded = 0;
  #counted = 0;
  #committed = 0;

  constructor(ledger: Ledger, clock: Clock, limits: ManagerLimits) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** True: record this one in full. */
  takeRecord(): boolean {
    this.#turnHour();
    if (this.#recorded >= this.#limits.unknownRecordsPerHour) return false;
    this.#recorded++;
    return true;
  }

  /** Counts one that is not recorded in full. */
  count(): Result<void> {
    this.#turnHour();
    this.#counted++;
    return this.#counted >= 2 * this.#committed ? this.flush() : ok(undefined);
  }

  flush(): Result<void> {
    if (this.#counted === this.#committed) return ok(undefined);
    const count = this.#counted;
    const committed = this.#ledger.commit({ kind: "refusals-counted", facts: { thisHour: count, code: "release.vm-unknown" } }, () => ({}));
    if (!committed.ok) return committed;
    this.#committed = count;
    return ok(undefined);
  }

  #turnHour(): void {
    const now = this.#clock.monotonic();
    if (now - this.#hourStarted < hour) return;
    // A count that the store does not take is lost with the hour; the refusals themselves were told to nobody as accepted.
    this.flush();
    this.#hourStarted = now;
    this.#recorded = 0;
    this.#counted = 0;
    this.#committed = 0;
  }
}

const hour = 3_600_000;
