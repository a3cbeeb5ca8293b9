// Bytes that must never be seen: keys on their way from the keychain to a sealed message.
// Never printed, serialised or compared with ===; the holder wipes it as soon as it was used.

const redacted = "[secret]";

export class Secret {
  #bytes: Uint8Array | undefined;

  /** Takes ownership: the caller must not keep another reference to `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get wiped(): boolean {
    return this.#bytes === undefined;
  }

  /** Lends the bytes for the length of the call; `read` must not keep them. Throws after {@link wipe}. */
  use<T>(read: (bytes: Uint8Array) => T): T {
    if (this.#bytes === undefined) throw new Error("secret used after it was wiped");
    return read(this.#bytes);
  }

  /** Overwrites the bytes with zeros. May be called more than once. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  toString(): string {
    return redacted;
  }

  /** SECURITY: a secret that reaches a serialiser is a bug of ours, so it must be loud. */
  toJSON(): never {
    throw new Error("a secret must not be serialised");
  }

  // Node's util.inspect looks this symbol up by its registered name.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return redacted;
  }
}
