// Messages to bytes on the wire, and a stream of bytes to frames. docs/protocol.md, "Framing and transcript".
// Never looks into a frame (decode.ts does), and never buffers more than one announced frame.
import { toBase64, u32be, concat, viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import { type Result, fail, ok } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import type { Message } from "./messages.ts";

/** A body of 65,536 bytes is the longest that is taken. */
export const maximumBody = 65_536;

/** `frame` goes on the wire; `body` is what the transcript hashes. */
export function encodeFrame(message: Message): { readonly frame: Uint8Array; readonly body: Uint8Array } {
  const body = utf8(JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? toBase64(value) : value)));
  if (body.length > maximumBody) throw new Error(`a ${message.type} message of ${body.length} bytes was made`);
  return { frame: concat(u32be(body.length), body), body };
}

/** Cuts a stream into frame bodies, whatever the sizes of its chunks. After its first failure it gives no more frames. */
export class FrameReader {
  readonly #header = new Uint8Array(headerLength);
  #headerFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  #failure: Failure | undefined;

  /** The bodies that `chunk` completed, in order. Frames that a failing chunk completed first are dropped with it. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[]> {
    const bodies: Uint8Array[] = [];
    for (let rest = chunk; rest.length > 0 && this.#failure === undefined; ) rest = this.#take(rest, bodies);
    return this.#failure === undefined ? ok(bodies) : fail(this.#failure);
  }

  /** The stream ended: was that between two frames? */
  end(): Result<void> {
    if (this.#failure !== undefined) return fail(this.#failure);
    return this.#headerFilled === 0 ? ok(undefined) : fail(failure("launch.frame-truncated"));
  }

  #take(rest: Uint8Array, bodies: Uint8Array[]): Uint8Array {
    if (this.#body === undefined) return this.#takeHeader(rest);
    const part = rest.subarray(0, this.#body.length - this.#bodyFilled);
    this.#body.set(part, this.#bodyFilled);
    this.#bodyFilled += part.length;
    if (this.#bodyFilled === this.#body.length) {
      bodies.push(this.#body);
      this.#body = undefined;
      this.#headerFilled = 0;
    }
    return rest.subarray(part.length);
  }

  #takeHeader(rest: Uint8Array): Uint8Array {
    const part = rest.subarray(0, headerLength - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled === headerLength) {
      const length = viewOf(this.#header).getUint32(0);
      // SECURITY: checked before a byte of the body is kept.
      if (length === 0 || length > maximumBody) this.#failure = failure("launch.frame-length", `${length} bytes`);
      else [this.#body, this.#bodyFilled] = [new Uint8Array(length), 0];
    }
    return rest.subarray(part.length);
  }
}

const headerLength = 4;
