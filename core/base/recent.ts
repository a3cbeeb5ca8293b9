// What was asked for lately? Values by name, bounded by weight; what was not asked for the longest goes first. For what can be had again
// only: never the one place of anything, and never a judge of what it is given.

/** In a chain by age, so that being asked for moves it with one look-up, however many there are. */
interface Kept<T> {
  readonly name: string;
  readonly value: T;
  readonly weight: number;
  older: Kept<T> | undefined;
  newer: Kept<T> | undefined;
}

export class Recent<T> {
  readonly #limit: number;
  readonly #kept = new Map<string, Kept<T>>();
  #oldest: Kept<T> | undefined;
  #newest: Kept<T> | undefined;
  #weight = 0;

  /** @param limit the sum of all weights is never above it. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string): T | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    if (kept !== this.#newest) {
      this.#unlink(kept);
      this.#link(kept);
    }
    return kept.value;
  }

  /** A value that is heavier than the limit is not kept at all. */
  set(name: string, value: T, weight = 1): void {
    this.#drop(this.#kept.get(name));
    if (weight > this.#limit) return;
    while (this.#weight + weight > this.#limit) this.#drop(this.#oldest);
    const kept: Kept<T> = { name, value, weight, older: undefined, newer: undefined };
    this.#kept.set(name, kept);
    this.#link(kept);
    this.#weight += weight;
  }

  #drop(kept: Kept<T> | undefined): void {
    if (kept === undefined) return;
    this.#weight -= kept.weight;
    this.#kept.delete(kept.name);
    this.#unlink(kept);
  }

  /** As the newest. */
  #link(kept: Kept<T>): void {
    kept.older = this.#newest;
    kept.newer = undefined;
    if (this.#newest === undefined) this.#oldest = kept;
    else this.#newest.newer = kept;
    this.#newest = kept;
  }

  #unlink({ older, newer }: Kept<T>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}

/** A name for what has this digest: a character for each byte. In one call, for a string that grows costs more than the digest. */
export function nameOfDigest(digest: Uint8Array): string {
  return String(Reflect.apply(String.fromCharCode, undefined, digest));
}
