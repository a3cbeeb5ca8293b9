// Where did the time of one launch go? Adds up milliseconds by name until they are taken.
import type { Phases } from "./questions.ts";

export class StopWatch {
  #spent: Record<string, number> = {};
  readonly #running = new Map<string, number>();

  around<T>(name: string, work: () => T): T {
    this.begin(name);
    try {
      return work();
    } finally {
      this.end(name);
    }
  }

  async aroundAsync<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.begin(name);
    try {
      return await work();
    } finally {
      this.end(name);
    }
  }

  begin(name: string): void {
    this.#running.set(name, performance.now());
  }

  /** Does nothing where it did not begin. */
  end(name: string): void {
    const began = this.#running.get(name);
    if (began === undefined) return;
    this.#running.delete(name);
    this.#spent[name] = (this.#spent[name] ?? 0) + performance.now() - began;
  }

  take(): Phases {
    const spent = this.#spent;
    this.#spent = {};
    return spent;
  }
}
