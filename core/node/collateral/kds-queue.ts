// How is the key service asked without annoying it? Equal questions at once are asked once, VCEKs one after the other at the pace that the
// service allows (about one in ten seconds), and what may change is asked again with growing pauses. No launch waits past the instant that
// it was told, and none waits behind what is fetched ahead.
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { askKds } from "./kds-fetch.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Failure } from "../../base/failure.ts";
import type { Result } from "../../base/result.ts";
import type { CollateralProgress, Timers } from "../../manager/ports.ts";
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
  /** No launch waits for it: one attempt, when no launch is in the queue. Unless a launch comes to want the same. */
  readonly ahead?: boolean;
}

export class KdsQueue {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #timing: KdsTiming;
  readonly #asked = new Map<string, Asked>();
  /** Addresses that were not found, and until when that is believed, in monotonic time. */
  readonly #absent = new Map<string, number>();
  readonly #abort = new AbortController();
  /** Those that wait for their turn, in the order of their coming. */
  #line: Asked[] = [];
  #served: Asked | undefined;
  #isServing = false;
  /** When the service may be asked for a VCEK again, in monotonic time. */
  #nextTurn = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, timers: Timers, timing: KdsTiming) {
    this.#clock = clock;
    this.#timers = timers;
    this.#timing = timing;
  }

  /**
   * @param progress told at once that the service is to be asked, and until when the answer comes at the latest; then whenever the place in
   * the queue changes. What is asked ahead has no place, and no latest time: it is told what it takes if no launch comes.
   */
  ask(question: KdsQuestion, progress: CollateralProgress): Promise<Result<Uint8Array>> {
    const { url, ahead = false } = question;
    if ((this.#absent.get(url) ?? 0) > this.#clock.monotonic()) return Promise.resolve(fail(failure("kds.not-found", "asked before")));
    const known = this.#asked.get(url);
    if (known?.ahead === true && !ahead) this.#hasten(known);
    const asked = known ?? this.#start(question, ahead);
    if (asked === undefined) return Promise.resolve(fail(failure("kds.throttled", "queue full")));
    asked.tell.add(progress);
    progress(asked.until, this.#placeOf(asked));
    return asked.answer.promise;
  }

  /** Ends all requests; their answer is `kds.unavailable`. */
  close(): void {
    this.#abort.abort();
  }

  #start(question: KdsQuestion, ahead: boolean): Asked | undefined {
    if ([...this.#asked.values()].filter((one) => one.ahead === ahead).length >= maximumQuestions) return undefined;
    if (question.queued && !ahead) this.#clearTheWay();
    const asked: Asked = {
      question,
      ahead,
      ...this.#bounds(question, ahead),
      sentAt: Number.NEGATIVE_INFINITY,
      yields: new AbortController(),
      answer: Promise.withResolvers(),
      tell: new Set(),
    };
    this.#asked.set(question.url, asked);
    if (question.queued) {
      this.#line.push(asked);
      void this.#serve();
    } else
      void this.#repeat(asked).then(
        (answer) => this.#answer(asked, answer ?? closed),
        (cause: unknown) => this.#break(asked, cause),
      );
    return asked;
  }

  #bounds({ queued }: KdsQuestion, ahead: boolean): Pick<Asked, "until" | "deadline"> {
    const patience = this.#timing.patienceMs + (queued ? this.#turnIn() : 0);
    return { until: this.#clock.now() + patience, deadline: ahead ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + patience };
  }

  /** A launch wants what was only to be fetched ahead: it takes its place behind the launches that are there. */
  #hasten(asked: Asked): void {
    if (asked.question.queued && asked !== this.#served) {
      this.#clearTheWay();
      this.#line = [...this.#line.filter((one) => one !== asked), asked];
    }
    const { until, deadline } = this.#bounds(asked.question, false);
    asked.until = until;
    asked.deadline = deadline;
    asked.ahead = false;
  }

  /** A launch has come. The service may have counted what is on its way to it, but a slow answer is not waited for. */
  #clearTheWay(): void {
    const served = this.#served;
    if (served?.ahead !== true) return;
    this.#nextTurn = Math.max(this.#nextTurn, served.sentAt + this.#timing.spacingMs);
    served.yields.abort();
  }

  /** Milliseconds, if all goes well. */
  #turnIn(): number {
    const before = [...this.#asked.values()].filter(({ question, ahead }) => question.queued && !ahead).length;
    return Math.max(0, this.#nextTurn - this.#clock.monotonic()) + before * this.#timing.spacingMs;
  }

  /** Requests before it. Undefined where there is no queue for it. */
  #placeOf(asked: Asked): number | undefined {
    if (!asked.question.queued || asked.ahead) return undefined;
    const launches = this.#line.filter(({ ahead }) => !ahead);
    return asked === this.#served ? 0 : launches.indexOf(asked) + (this.#served?.ahead === false ? 1 : 0);
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const early = Math.min(this.#nextTurn, next.deadline) - this.#clock.monotonic();
      if (early > 0 && !this.#abort.signal.aborted) await this.#sleep(early);
      // Whoever came meanwhile may be first now.
      else await this.#turn(next);
    }
    this.#isServing = false;
  }

  #first(): Asked | undefined {
    return this.#line.find(({ ahead }) => !ahead) ?? this.#line[0];
  }

  async #turn(asked: Asked): Promise<void> {
    this.#line = this.#line.filter((one) => one !== asked);
    this.#served = asked;
    try {
      const answer = await this.#repeat(asked);
      this.#served = undefined;
      if (answer === undefined) {
        asked.yields = new AbortController();
        this.#line.push(asked);
        return;
      }
      // A service that is down counts nothing: the time that is left belongs to the others in the queue.
      const isDown = !answer.ok && answer.failure.code === "kds.unavailable";
      if (!isDown) this.#nextTurn = this.#clock.monotonic() + this.#timing.spacingMs;
      this.#answer(asked, answer);
      for (const one of this.#line) for (const tell of one.tell) tell(one.until, this.#placeOf(one));
    } catch (cause) {
      this.#served = undefined;
      this.#break(asked, cause);
    }
  }

  /** A bug of ours: whoever asked hears of it, and the others have their turn. */
  #break(asked: Asked, cause: unknown): void {
    this.#asked.delete(asked.question.url);
    asked.answer.reject(cause);
  }

  #answer(asked: Asked, answer: Result<Uint8Array>): void {
    this.#asked.delete(asked.question.url);
    asked.answer.resolve(answer);
  }

  /** Undefined where it made room for a launch. */
  async #repeat(asked: Asked): Promise<Result<Uint8Array> | undefined> {
    const { url, maximumBytes } = asked.question;
    let last: Failure = failure("kds.throttled", "queue");
    for (let attempt = 0; ; attempt++) {
      if (this.#abort.signal.aborted) return closed;
      const left = asked.deadline - this.#clock.monotonic();
      if (left <= 0) return fail(last);
      asked.sentAt = this.#clock.monotonic();
      const timeoutMs = Math.min(left, this.#timing.requestMs);
      const signal = AbortSignal.any([this.#abort.signal, asked.yields.signal]);
      const reply = await askKds({ url, maximumBytes, timeoutMs, timers: this.#timers, signal });
      if (reply.kind === "found") return ok(reply.bytes);
      if (asked.yields.signal.aborted) return undefined;
      last = reply.failure;
      if (last.code === "kds.not-found") this.#remember(url);
      const pause = this.#pause(reply, attempt);
      if (reply.kind === "final" || asked.ahead || this.#clock.monotonic() + pause >= asked.deadline) return fail(last);
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
  readonly question: KdsQuestion;
  readonly answer: PromiseWithResolvers<Result<Uint8Array>>;
  readonly tell: Set<CollateralProgress>;
  ahead: boolean;
  until: Instant;
  /** In monotonic time, as is {@link sentAt}. */
  deadline: number;
  sentAt: number;
  /** Ends its attempt in favour of a launch. */
  yields: AbortController;
}

const closed = fail(failure("kds.unavailable", "closed"));
const maximumQuestions = 64;
const maximumAbsent = 1024;
const absentMs = 300_000;
