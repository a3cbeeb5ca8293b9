// Action lists that once broke an invariant, as fast-check printed them: seed and path. They are replayed before anything is generated anew.

export interface FailingSeed {
  readonly seed: number;
  /** The path to the shrunk list; without it the whole run of that seed is replayed. */
  readonly path?: string;
  /** What it broke. */
  readonly broke: string;
}

export const failingSeeds: readonly FailingSeed[] = [];
