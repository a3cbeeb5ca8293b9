// Is the service there, and what changed? Keeps one link open, opens it again when it is lost, and passes on the service's change events.
// Knows nothing of pages; holds no answers.
import type { ChangeEvent } from "../../core/api/schemas.ts";
import { failureOf, notReached } from "./failure.ts";
import type { Client, OpenLink } from "./link.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected"; readonly client: Client }
  | { readonly state: "lost"; readonly attempts: number };

export class Service {
  readonly #open: OpenLink;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: ChangeEvent) => void>();
  #connection: Connection = { state: "connecting" };
  #running = false;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(open: OpenLink) {
    this.#open = open;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Also "retry now". Does nothing while a link is open or being opened. */
  connect(): void {
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#retry);
    const over = (): void => this.#lost();
    this.#run().then(over, over);
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

  /** One link, from its opening to its end, however it ends. */
  async #run(): Promise<void> {
    const ended = Promise.withResolvers<undefined>();
    const link = await this.#open(() => ended.resolve(undefined));
    try {
      const events = await Promise.race([link.client.status.watch({}), ended.promise, pause(beatDeadline)]);
      if (events === undefined) return;
      this.#attempts = 0;
      this.#say({ state: "connected", client: link.client });
      await Promise.race([ended.promise, this.#pass(events), heartbeat(link.client)]);
    } finally {
      link.close();
    }
  }

  async #pass(events: AsyncIterable<ChangeEvent>): Promise<void> {
    for await (const event of events) for (const listener of this.#listeners) listener(event);
  }

  #lost(): void {
    this.#running = false;
    this.#attempts += 1;
    this.#say({ state: "lost", attempts: this.#attempts });
    this.#retry = setTimeout(() => this.connect(), Math.min(longestPause, firstPause * 2 ** (this.#attempts - 1)));
  }

  #say(connection: Connection): void {
    this.#connection = connection;
    for (const watcher of this.#watchers) watcher();
  }
}

/** Ends when the service does not answer any more: a port does not always tell that its other end is gone. */
async function heartbeat(client: Client): Promise<void> {
  for (let heard = true; heard; ) {
    await pause(beatPause);
    // A "no" is an answer too.
    const answer = client.status.get({}).then(
      () => true,
      (error: unknown) => failureOf(error) !== notReached,
    );
    heard = await Promise.race([answer, pause(beatDeadline).then(() => false)]);
  }
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
}

const firstPause = 1000;
const longestPause = 10_000;
const beatPause = 5000;
const beatDeadline = 5000;
