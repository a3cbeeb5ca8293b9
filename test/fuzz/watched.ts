// Runs batches in a worker and watches it: an input on which nothing moves for too long is a hang, a worker that dies is a fault. Both end the
// batch, and the next one gets a new worker.
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Batch, BatchResult, Replay } from "./batch.ts";

export class WatchedFuzzer {
  readonly #hangMilliseconds: number;
  #worker: Worker | undefined;
  readonly #progress = new Int32Array(new SharedArrayBuffer(4));

  /** Ten seconds, because other programs may have the processor. */
  constructor(hangMilliseconds = 10_000) {
    this.#hangMilliseconds = hangMilliseconds;
  }

  async run(batch: Batch): Promise<BatchResult> {
    const begun = performance.now();
    const answer = await this.#ask<BatchResult>(batch);
    return typeof answer === "string" ? this.#broken(batch, answer, performance.now() - begun) : answer;
  }

  /** @returns what this one input breaks. */
  async replay(one: Replay): Promise<string | undefined> {
    const answer = await this.#ask<{ readonly what?: string }>(one);
    return typeof answer === "string" ? answer : answer.what;
  }

  /** @returns text where the worker gave no answer, and why. */
  async #ask<Answer extends object>(work: Batch | Replay): Promise<Answer | string> {
    const worker = await this.#ready();
    Atomics.store(this.#progress, 0, 0);
    const over = new AbortController();
    // What the worker throws at is an answer here; `once` rejects with it.
    const answer = once(worker, "message").then(
      ([given]) => given as Answer,
      (cause: unknown) => `the thread ended: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
    worker.postMessage(work, []);
    const result = await Promise.race([answer, this.#hang(over.signal)]);
    over.abort();
    if (typeof result === "string") await this.close();
    return result;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ready(): Promise<Worker> {
    if (this.#worker !== undefined) return this.#worker;
    // Ends a thread that hoards before the machine suffers.
    const resourceLimits = { maxOldGenerationSizeMb: 512 };
    const worker = new Worker(join(import.meta.dirname, "worker.ts"), { workerData: this.#progress.buffer, resourceLimits });
    await once(worker, "message");
    this.#worker = worker;
    return worker;
  }

  /** Resolves when one input has been in work for too long. */
  async #hang(signal: AbortSignal): Promise<string> {
    let last = -1;
    let since = performance.now();
    while (!signal.aborted) {
      const now = Atomics.load(this.#progress, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      else if (performance.now() - since > this.#hangMilliseconds) return `hangs for ${this.#hangMilliseconds} ms`;
      await passed(this.#hangMilliseconds / 20, undefined, { signal }).catch(() => undefined);
    }
    return "";
  }

  #broken({ target, seed }: Batch, what: string, milliseconds: number): BatchResult {
    const index = Atomics.load(this.#progress, 0);
    const rss = process.memoryUsage.rss();
    const slowest = { index, milliseconds };
    const findings = [{ target, seed, index, what }];
    return {
      target,
      seed,
      inputs: index + 1,
      milliseconds,
      outcomes: { fault: 1 },
      slowest,
      rssGrowth: 0,
      heldGrowth: 0,
      rssPeak: rss,
      findings,
    };
  }
}
