// What was asked for lately? Values by name, bounded by weight; what was not asked for the longest goes first. For what can be had again
// only: never the one place of anything, and never a judge of what it is given.

export class Recent<T> {
  readonly #limit: number;
  /** Oldest use first: a Map keeps the order in which names were added. */
  readonly #kept = new Map<string, { readonly value: T; readonly weight: number }>();
  #weight = 0;

  /** @param limit the sum of all weights is never above it. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string): T | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    return kept.value;
  }

  /** A value that is heavier than the limit is not kept at all. */
  set(name: string, value: T, weight = 1): void {
    this.#drop(name);
    if (weight > this.#limit) return;
    while (this.#weight + weight > this.#limit) this.#drop(this.#kept.keys().next().value);
    this.#kept.set(name, { value, weight });
    this.#weight += weight;
  }

  #drop(name: string | undefined): void {
    if (name === undefined) return;
    this.#weight -= this.#kept.get(name)?.weight ?? 0;
    this.#kept.delete(name);
  }
}

/** A name for what has this digest: a character for each byte, which is made and looked up in half the time of hex. Never for people. */
export function nameOfDigest(digest: Uint8Array): string {
  let name = "";
  for (let i = 0; i < digest.length; i++) name += String.fromCharCode(digest[i] ?? 0);
  return name;
}
