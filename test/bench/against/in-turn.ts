// How are several jobs measured so that a noisy machine hits all alike? One call each a round, and each round begins with the next of them.
import { timedAsync } from "../figures.ts";

type Job = () => unknown;

/** @returns milliseconds, one list for each job; the first `warmUp` rounds are not in it. */
export async function inTurn(rounds: number, warmUp: number, jobs: readonly Job[]): Promise<readonly number[][]> {
  const times = jobs.map((): number[] => []);
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < jobs.length; turn++) {
      const at = (round + turn) % jobs.length;
      const took = await timedAsync(async () => jobs[at]?.());
      if (round >= warmUp) times[at]?.push(took);
    }
  }
  return times;
}
