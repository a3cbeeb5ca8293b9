// Is the service there, and what changed? Keeps one link open, opens it again when it is lost, and passes on the service's change events.
// Knows nothing of pages; holds no answers.
import type { ChangeEvent } from "../../core/api/schemas.ts";
import type { Client, Link, OpenLink } from "./link.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected"; readonly client: Client }
  | { readonly state: "lost"; readonly attempts: number };

export class Service {
  readonly #open: OpenLink;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: ChangeEvent) => void>();
  #connection: Connection = { state: "connecting" };
  #link: Link | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;

  constructor(open: OpenLink) {
    this.#open = open;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Also "retry now". Does nothing while a link is open. */
  connect(): void {
    if (this.#link !== undefined) return;
    clearTimeout(this.#retry);
    this.#openOnce().catch(() => this.#lost());
  }

  /** For React: called when {@link connection} is another. */
  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  onChange(listener: (event: ChangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #openOnce(): Promise<void> {
    const link = await this.#open(() => this.#lost());
    if (this.#link !== undefined) return link.close();
    this.#link = link;
    const events = await link.client.status.watch({});
    this.#attempts = 0;
    this.#say({ state: "connected", client: link.client });
    for await (const event of events) for (const listener of this.#listeners) listener(event);
    this.#lost();
  }

  #lost(): void {
    this.#link?.close();
    this.#link = undefined;
    clearTimeout(this.#retry);
    this.#attempts += 1;
    this.#say({ state: "lost", attempts: this.#attempts });
    this.#retry = setTimeout(() => this.connect(), Math.min(longestPause, firstPause * 2 ** Math.min(this.#attempts - 1, 10)));
  }

  #say(connection: Connection): void {
    this.#connection = connection;
    for (const watcher of this.#watchers) watcher();
  }
}

const firstPause = 1000;
const longestPause = 10_000;
