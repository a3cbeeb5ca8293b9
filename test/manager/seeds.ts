// What once broke an invariant is replayed before anything is generated anew. The shrunk action list itself is kept, because a seed means
// another list as soon as the generator changes; the seed is kept beside it for the record.
import type { Action } from "./actions.ts";

export interface BrokenOnce {
  readonly broke: string;
  readonly seed: number;
  readonly list: readonly Action[];
}

export const brokenOnce: readonly BrokenOnce[] = [
  {
    broke: "a refusal is durable before the peer hears of it: disabling a VM cut off a launch that was released already",
    seed: 20_261_124,
    list: [{ do: "start", vm: 1, changing: false }, { do: "run" }, { do: "approve", which: 0, stale: false }, { do: "disable", vm: 1 }],
  },
  {
    broke: "the generator's own: an outcome that nobody in the VM made, on a connection that had its keys",
    seed: 20_261_124,
    list: [
      { do: "start", vm: 0, changing: false },
      { do: "start", vm: 0, changing: false },
      { do: "run" },
      { do: "approve", which: 0, stale: false },
      { do: "junk", on: 1 },
      { do: "start", vm: 0, changing: false },
      { do: "crash", losingUnsynced: false },
    ],
  },
];
