// May this happen again so soon? At most so many times in a window, for each key. Bounded: a key costs at most `maximum` numbers, and keys
// whose window has passed are forgotten; how many can be within it is the caller's to bound.

export class RateLimit {
  readonly #maximum: number;
  readonly #window: number;
  readonly #taken = new Map<string, number[]>();

  constructor(maximum: number, windowMs: number) {
    this.#maximum = maximum;
    this.#window = windowMs;
  }

  /** @param now monotonic milliseconds. @returns 0 where it may, else the milliseconds until it may. */
  take(key: string, now: number): number {
    if (this.#taken.size >= manyKeys) this.#forget(now);
    const recent = (this.#taken.get(key) ?? []).filter((at) => now - at < this.#window);
    const [oldest] = recent;
    const wait = recent.length < this.#maximum || oldest === undefined ? 0 : oldest + this.#window - now;
    if (wait === 0) recent.push(now);
    this.#taken.set(key, recent);
    return wait;
  }

  #forget(now: number): void {
    for (const [key, taken] of this.#taken) if (taken.every((at) => now - at >= this.#window)) this.#taken.delete(key);
  }
}

const manyKeys = 256;
