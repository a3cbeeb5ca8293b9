// How is the key service asked without annoying it? Equal questions at once are asked once, VCEKs one after the other at the pace that the
// service allows (about one in ten seconds), and what may change is asked again with growing pauses. All bounded: nobody waits past the
// instant that they were told.
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { askKds } from "./kds-fetch.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Failure } from "../../base/failure.ts";
import type { Result } from "../../base/result.ts";
import type { Timers } from "../../manager/ports.ts";
import type { KdsReply } from "./kds-fetch.ts";

export interface KdsTiming {
  /** For one request. */
  readonly requestMs: number;
  /** For a question with all its attempts, beside the turns of those before it in the queue. */
  readonly patienceMs: number;
  /** From one VCEK's answer to the next one's question. */
  readonly spacingMs: number;
  /** First pause after an error; doubles. */
  readonly pauseMs: number;
  /** First pause where the service said "too many"; doubles. */
  readonly throttledPauseMs: number;
}

export const defaultKdsTiming: KdsTiming = {
  requestMs: 15_000,
  patienceMs: 90_000,
  spacingMs: 10_000,
  pauseMs: 1_000,
  throttledPauseMs: 10_000,
};

export interface KdsQuestion {
  readonly url: string;
  readonly maximumBytes: number;
  /** VCEKs: one at a time. */
  readonly queued: boolean;
}

export class KdsQueue {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #timing: KdsTiming;
  readonly #asked = new Map<string, Asked>();
  /** Addresses that were not found, and until when that is believed, in monotonic time. */
  readonly #absent = new Map<string, number>();
  readonly #abort = new AbortController();
  #lane: Promise<unknown> = Promise.resolve();
  /** When the service may be asked for a VCEK again, in monotonic time. */
  #nextTurn = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, timers: Timers, timing: KdsTiming) {
    this.#clock = clock;
    this.#timers = timers;
    this.#timing = timing;
  }

  /** @param progress told once, when the service is about to be asked: the answer comes at the latest then. */
  ask(question: KdsQuestion, progress: (until: Instant) => void): Promise<Result<Uint8Array>> {
    const { url } = question;
    if ((this.#absent.get(url) ?? 0) > this.#clock.monotonic()) return Promise.resolve(fail(failure("kds.not-found", "asked before")));
    const asked = this.#asked.get(url) ?? this.#start(question);
    if (asked === undefined) return Promise.resolve(fail(failure("kds.throttled", "queue full")));
    progress(asked.until);
    return asked.answer;
  }

  /** Ends all requests; their answer is `kds.unavailable`. */
  close(): void {
    this.#abort.abort();
  }

  #start(question: KdsQuestion): Asked | undefined {
    if (this.#asked.size >= maximumQuestions) return undefined;
    const { queued, url } = question;
    const patience = this.#timing.patienceMs + (queued ? this.#turnIn() : 0);
    const deadline = this.#clock.monotonic() + patience;
    const asking = queued ? this.#lane.then(() => this.#inTurn(question, deadline)) : this.#repeat(question, deadline);
    const answer = asking.finally(() => this.#asked.delete(url));
    if (queued) this.#lane = answer.catch(() => undefined);
    const asked = { answer, until: this.#clock.now() + patience, queued };
    this.#asked.set(url, asked);
    return asked;
  }

  /** Milliseconds, if all goes well. */
  #turnIn(): number {
    const ahead = [...this.#asked.values()].filter(({ queued }) => queued).length;
    return Math.max(0, this.#nextTurn - this.#clock.monotonic()) + ahead * this.#timing.spacingMs;
  }

  async #inTurn(question: KdsQuestion, deadline: number): Promise<Result<Uint8Array>> {
    const early = Math.min(this.#nextTurn, deadline) - this.#clock.monotonic();
    if (early > 0 && !this.#abort.signal.aborted) await this.#sleep(early);
    const answer = await this.#repeat(question, deadline);
    // A service that is down counts nothing: the time that is left belongs to the others in the queue.
    const isDown = !answer.ok && answer.failure.code === "kds.unavailable";
    if (!isDown) this.#nextTurn = this.#clock.monotonic() + this.#timing.spacingMs;
    return answer;
  }

  async #repeat({ url, maximumBytes }: KdsQuestion, deadline: number): Promise<Result<Uint8Array>> {
    let last: Failure = failure("kds.throttled", "queue");
    for (let attempt = 0; ; attempt++) {
      if (this.#abort.signal.aborted) return fail(failure("kds.unavailable", "closed"));
      const left = deadline - this.#clock.monotonic();
      if (left <= 0) return fail(last);
      const timeoutMs = Math.min(left, this.#timing.requestMs);
      const reply = await askKds({ url, maximumBytes, timeoutMs, timers: this.#timers, signal: this.#abort.signal });
      if (reply.kind === "found") return ok(reply.bytes);
      last = reply.failure;
      if (last.code === "kds.not-found") this.#remember(url);
      const pause = this.#pause(reply, attempt);
      if (reply.kind === "final" || this.#clock.monotonic() + pause >= deadline) return fail(last);
      await this.#sleep(pause);
    }
  }

  #pause({ failure: { code }, retryAfterMs = 0 }: Exclude<KdsReply, { kind: "found" }>, attempt: number): number {
    const first = code === "kds.throttled" ? this.#timing.throttledPauseMs : this.#timing.pauseMs;
    return Math.max(retryAfterMs, first * 2 ** Math.min(attempt, 10));
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = this.#timers.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }

  #remember(url: string): void {
    const oldest = this.#absent.keys().next();
    if (this.#absent.size >= maximumAbsent && oldest.done === false) this.#absent.delete(oldest.value);
    this.#absent.set(url, this.#clock.monotonic() + absentMs);
  }
}

interface Asked {
  readonly answer: Promise<Result<Uint8Array>>;
  readonly until: Instant;
  readonly queued: boolean;
}

const maximumQuestions = 64;
const maximumAbsent = 1024;
const absentMs = 300_000;
