// What could anybody on this machine read of our processes? Arguments and environment of everything that we start, looked at every few milliseconds
// from a thread of its own, because some live for less time than an event loop takes.
import { Worker } from "node:worker_threads";
import { join } from "node:path";

export interface Sampled {
  readonly command: string;
  readonly environment: string;
}

export class ProcessSampler {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Of all descendants of this process. */
  static async start(): Promise<ProcessSampler> {
    const worker = new Worker(join(import.meta.dirname, "proc-sampler-thread.ts"), { workerData: { root: process.pid } });
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    return new ProcessSampler(worker);
  }

  /** @returns what was seen, each once. */
  async stop(): Promise<readonly Sampled[]> {
    const seen = new Promise<readonly Sampled[]>((resolve) => this.#worker.once("message", resolve));
    this.#worker.postMessage("stop", []);
    const samples = await seen;
    await this.#worker.terminate();
    return samples;
  }
}
