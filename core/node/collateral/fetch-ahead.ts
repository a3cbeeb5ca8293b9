// How is collateral had before a launch needs it? One after the other, at the key service's pace and behind every launch (kds-queue.ts);
// what is in the cache is not asked for. One run at a time; it is not kept over a restart, what it fetched is. Never verifies a launch.
import { setImmediate } from "node:timers/promises";
import { concat, fromHex, toHex } from "../../base/bytes.ts";
import { rfc3339 } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { expirySoon } from "../../endorse/bundle.ts";
import { failureView } from "../service/views.ts";
import { chipIdLength, chipItem, nameOf, queryOf, shownItems, withIssuers } from "./ahead-queries.ts";
import type { CollateralChip, CollateralRun } from "../../api/collateral-schemas.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Failure, FailureCode } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Store, Timers } from "../../manager/ports.ts";
import type { AheadItem } from "./ahead-queries.ts";
import type { NodeCollateralSource } from "./collateral-source.ts";

export interface FetchAheadParts {
  readonly source: Pick<NodeCollateralSource, "online" | "fetchAhead" | "lists">;
  readonly store: Pick<Store, "launches">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** There is news of the run. */
  readonly onChange: () => void;
}

export class FetchAhead {
  readonly #parts: FetchAheadParts;
  #run: Run | undefined;
  #looking: Promise<readonly AheadItem[]> | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(parts: FetchAheadParts) {
    this.#parts = parts;
  }

  /** `kds.off`, `kds.ahead-full`. */
  fetch(chips: readonly CollateralChip[]): Result<CollateralRun> {
    return this.#start(chips.map((chip) => chipItem(chip.product, { chipId: wholeId(chip.chipId), tcb: fromHex(chip.tcb) ?? none })));
  }

  /** Every chip and TCB that launches have shown, and every list in the cache. `kds.off`, `kds.ahead-full`. */
  async fetchKnown(): Promise<Result<CollateralRun>> {
    if (!this.#parts.source.online) return fail(failure("kds.off"));
    // Whoever asks meanwhile hears of the same look through the launches.
    this.#looking ??= shownItems(this.#parts.store).finally(() => (this.#looking = undefined));
    const shown = await this.#looking;
    return this.#start([...shown, ...this.#parts.source.lists().map(({ product, signer }) => ({ product, signer }))]);
  }

  run(): CollateralRun | undefined {
    return this.#run === undefined ? undefined : viewOf(this.#run);
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  #start(items: readonly AheadItem[]): Result<CollateralRun> {
    if (!this.#parts.source.online) return fail(failure("kds.off"));
    const running = this.#run?.endedAt === undefined ? this.#run : undefined;
    const run = running ?? newRun(this.#parts.clock.now());
    const added = withIssuers(items).filter((item) => !run.names.has(nameOf(item)));
    if (run.names.size + added.length > maximumItems) return fail(failure("kds.ahead-full", `${maximumItems} items`));
    for (const item of added) run.names.add(nameOf(item));
    run.left.push(...added);
    this.#run = run;
    if (running === undefined) void this.#work(run);
    this.#parts.onChange();
    return ok(viewOf(run));
  }

  async #work(run: Run): Promise<void> {
    const { log, clock, onChange } = this.#parts;
    try {
      for (let item = run.left[0]; item !== undefined && !this.#closed; item = run.left[0]) {
        const answer = await this.#patiently(item);
        if (!answer.ok && serviceIsAway.has(answer.failure.code)) {
          run.stopped = answer.failure;
          break;
        }
        run.left.shift();
        if (!answer.ok) run.failed.push({ item, failure: answer.failure });
        else if (answer.value) run.fetched++;
        else run.known++;
        onChange();
        // Hundreds may be in the cache, and nothing else would run meanwhile.
        await setImmediate();
      }
    } catch (cause) {
      run.stopped = failure("api.internal", "fetch ahead", cause);
      log.write("error", "collateral.bug", { reason: cause instanceof Error ? cause.name : typeof cause });
    }
    run.endedAt = clock.now();
    log.write("info", "collateral.fetched-ahead", { count: run.fetched, ...(run.stopped === undefined ? {} : { code: run.stopped.code }) });
    onChange();
  }

  /** A launch is told "no" at once when its time is up; here nobody waits, so a service that is away for some minutes is waited for. */
  async #patiently(item: AheadItem): Promise<Result<boolean>> {
    for (let pause = firstPause; ; pause *= 2) {
      const answer = await this.#parts.source.fetchAhead(queryOf(item), this.#parts.clock.now() + expirySoon);
      if (answer.ok || !serviceIsAway.has(answer.failure.code) || pause > longestPause || this.#closed) return answer;
      await this.#pause(pause);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

interface Run {
  readonly startedAt: Instant;
  endedAt: Instant | undefined;
  /** Of all that ever were in it. */
  readonly names: Set<string>;
  /** The first is under way. */
  readonly left: AheadItem[];
  readonly failed: { readonly item: AheadItem; readonly failure: Failure }[];
  fetched: number;
  known: number;
  stopped: Failure | undefined;
}

function newRun(startedAt: Instant): Run {
  return { startedAt, endedAt: undefined, names: new Set(), left: [], failed: [], fetched: 0, known: 0, stopped: undefined };
}

function viewOf({ startedAt, endedAt, names, left, failed, fetched, known, stopped }: Run): CollateralRun {
  return {
    state: endedAt === undefined ? "running" : "ended",
    startedAt: rfc3339(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: rfc3339(endedAt) }),
    total: names.size,
    left: left.length,
    fetched,
    known,
    failed: failed.length,
    failures: failed.slice(0, shownFailures).map(({ item: { product, chip }, failure: why }) => ({
      product,
      ...(chip === undefined ? {} : { chipId: toHex(chip.chipId), tcb: toHex(chip.tcb) }),
      failure: failureView(why),
    })),
    ...(stopped === undefined ? {} : { stopped: failureView(stopped) }),
  };
}

/** As in a report: the bytes after Turin's eight are zero. */
function wholeId(chipId: string): Uint8Array {
  const named = fromHex(chipId) ?? none;
  return concat(named, new Uint8Array(chipIdLength - named.length));
}

/** The contract's hex is checked: it cannot come to this. */
const none = new Uint8Array(0);
const serviceIsAway: ReadonlySet<FailureCode> = new Set(["kds.unavailable", "kds.throttled", "kds.off"]);
const firstPause = 20_000;
const longestPause = 80_000;
const shownFailures = 100;
/** More than a day at AMD's pace, and more chips than the cache keeps. */
const maximumItems = 10_000;
