// Where fresh bytes come from. The one source in production is the operating system's generator (core/node/random.ts).

export interface Random {
  /** @returns exactly `length` unpredictable bytes, newly allocated. */
  bytes(length: number): Uint8Array;
}
