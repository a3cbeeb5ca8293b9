// How do bytes get from a TLS socket to the manager and back? The Channel port over one socket after its handshake: back-pressure,
// a cap on what is received, and a close that does not wait for ever (docs/protocol.md, invariant 7). Never looks into them.
import type { TLSSocket } from "node:tls";
import type { FailureCode } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import type { Channel, Timers } from "../../manager/ports.ts";

export interface ChannelLimits {
  /** Bytes that a peer may send over the life of its connection. */
  readonly receivedBytes: number;
  /** Bytes that may wait for a peer that does not read. */
  readonly waitingBytes: number;
  /** Milliseconds that a peer has to take the last bytes after close. */
  readonly closeMs: number;
}

export interface ChannelParts {
  readonly socket: TLSSocket;
  readonly peer: string;
  readonly limits: ChannelLimits;
  readonly timers: Timers;
  readonly log: Log;
}

export class SocketChannel implements Channel {
  readonly peer: string;
  readonly exporter: Uint8Array;
  readonly received: AsyncIterable<Uint8Array>;
  readonly #parts: ChannelParts;
  #wake: () => void = () => {};
  #ended = false;
  #closing = false;
  #taken = false;
  #bytes = 0;

  constructor(parts: ChannelParts) {
    const { socket, peer } = parts;
    this.#parts = parts;
    this.peer = peer;
    // RFC 9266: empty context. Must be asked for before the connection ends.
    this.exporter = new Uint8Array(socket.exportKeyingMaterial(exporterLength, exporterLabel, noContext));
    this.received = { [Symbol.asyncIterator]: () => this.#chunks() };
    socket.on("readable", () => this.#wake());
    for (const event of ["end", "close", "error"]) socket.on(event, () => this.#end());
  }

  send(bytes: Uint8Array): void {
    const { socket, limits } = this.#parts;
    if (this.#closing || !socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength > limits.waitingBytes) this.#cut("listener.not-reading");
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    const { socket, limits, timers } = this.#parts;
    const cancel = timers.after(limits.closeMs, () => this.#cut("listener.not-reading"));
    socket.once("close", cancel);
    socket.end();
    this.#end();
    // What still comes is dropped, so that the peer's own close is seen. The time above bounds it.
    socket.removeAllListeners("readable");
    socket.resume();
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#taken) throw new Error("a channel is read once");
    this.#taken = true;
    const { socket, limits } = this.#parts;
    while (!this.#closing) {
      const chunk: unknown = socket.read();
      if (chunk instanceof Uint8Array) {
        this.#bytes += chunk.length;
        if (this.#bytes > limits.receivedBytes) this.#cut("listener.too-much");
        else yield new Uint8Array(chunk);
      } else {
        if (this.#ended) break;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #cut(code: FailureCode): void {
    const { socket, peer, log } = this.#parts;
    log.write("warn", "listener.cut", { code, address: peer });
    this.#closing = true;
    socket.destroy();
    this.#end();
  }
}

const exporterLength = 32;
const exporterLabel = "EXPORTER-Channel-Binding";
const noContext = Buffer.alloc(0);
