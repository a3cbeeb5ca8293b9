// A connection in memory, with the test as the network: what either side sends lies in a queue until the test delivers, changes or drops
// it.
import { must } from "../../core/base/result.ts";
import { decodeManagerMessage } from "../../core/launch/decode.ts";
import type { ManagerMessage } from "../../core/launch/messages.ts";
import type { Channel } from "../../core/manager/ports.ts";

export class MemoryLink {
  readonly agentExporter: Uint8Array;
  readonly channel: Channel;
  /** Sent and not yet delivered. */
  readonly toManager: Uint8Array[] = [];
  readonly toAgent: Uint8Array[] = [];
  /** Everything that the manager ever sent, delivered or not: what left the house. */
  readonly said: ManagerMessage[] = [];
  onAgent: (bytes: Uint8Array) => void = () => {};
  onAgentEnd: () => void = () => {};
  /** The manager has closed its end. */
  closed = false;
  agentEnded = false;
  readonly #received = new ByteStream();

  /** @param managerExporter another one than the agent's where a relay with its own TLS sits between them. */
  constructor(peer: string, exporter: Uint8Array, managerExporter: Uint8Array = exporter) {
    this.agentExporter = exporter;
    this.channel = {
      peer,
      exporter: managerExporter,
      received: this.#received,
      send: (bytes) => {
        if (this.closed) throw new Error("sent on a closed channel");
        this.toAgent.push(bytes);
        this.said.push(must(decodeManagerMessage(bytes.subarray(4))));
      },
      close: () => {
        this.closed = true;
        this.#received.end();
      },
    };
  }

  sendFromAgent(bytes: Uint8Array): void {
    if (!this.agentEnded) this.toManager.push(bytes);
  }

  endFromAgent(): void {
    this.agentEnded = true;
  }

  /** @returns false where there was nothing to deliver. The end of a side follows what it sent. */
  deliverToManager(change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): boolean {
    const bytes = this.toManager.shift();
    if (bytes !== undefined) this.#received.push(change(bytes));
    else if (this.agentEnded && !this.#received.ended) this.#received.end();
    else return false;
    return true;
  }

  deliverToAgent(change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): boolean {
    const bytes = this.toAgent.shift();
    if (bytes !== undefined) this.onAgent(change(bytes));
    else if (this.closed && !this.#agentTold) {
      this.#agentTold = true;
      this.onAgentEnd();
    } else return false;
    return true;
  }

  /** The connection breaks: nothing that lies in a queue arrives. */
  drop(): void {
    this.toManager.length = 0;
    this.toAgent.length = 0;
    this.agentEnded = true;
    this.#received.end();
    if (!this.#agentTold) this.onAgentEnd();
    this.#agentTold = true;
  }

  /** Bytes of nobody's making. */
  inject(bytes: Uint8Array): void {
    this.#received.push(bytes);
  }

  #agentTold = false;
}

class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #wake: () => void = () => {};
  ended = false;

  push(bytes: Uint8Array): void {
    if (this.ended) return;
    this.#chunks.push(bytes);
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
