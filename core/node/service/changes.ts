// What changed? Fans changes out to the consoles that watch. A slow watcher loses repetition, never the fact that something changed:
// equal changes are told once, and past a bound it is told to ask for everything again.
import type { ChangeEvent } from "../../api/schemas.ts";

export class Changes {
  readonly #watchers = new Set<Watcher>();

  tell(change: ChangeEvent): void {
    for (const watcher of this.#watchers) watcher.tell(change);
  }

  /** Ends when `signal` aborts or {@link end} is called. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<ChangeEvent, void, void> {
    const watcher = new Watcher();
    const leave = (): void => watcher.end();
    this.#watchers.add(watcher);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      if (signal?.aborted === true) return;
      // A first event at once, so that a watcher knows that it is connected and asks for what it shows.
      yield { kind: "status" };
      for (;;) {
        const change = await watcher.next();
        if (change === undefined) return;
        yield change;
      }
    } finally {
      signal?.removeEventListener("abort", leave);
      this.#watchers.delete(watcher);
    }
  }

  end(): void {
    for (const watcher of this.#watchers) watcher.end();
  }
}

class Watcher {
  readonly #waiting = new Map<string, ChangeEvent>();
  #ended = false;
  #wake: (() => void) | undefined;

  tell(change: ChangeEvent): void {
    this.#waiting.set(`${change.kind} ${change.id ?? ""}`, change);
    if (this.#waiting.size > maximumWaiting) {
      this.#waiting.clear();
      for (const kind of everyKind) this.#waiting.set(kind, { kind });
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<ChangeEvent | undefined> {
    for (;;) {
      if (this.#ended) return undefined;
      const [first] = this.#waiting;
      if (first !== undefined) {
        this.#waiting.delete(first[0]);
        return first[1];
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const maximumWaiting = 256;
const everyKind = ["launch", "vm", "status", "proposal", "simulation", "collateral"] as const;
