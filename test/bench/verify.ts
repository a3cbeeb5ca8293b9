// What does it cost to know that a report is genuine, beside the one signature check that nobody can save, and what does a policy add?
// Only neighbours are compared: each ratio has its own loop, in which the two sides take turns in going first.
import { bindReport, verifyReport, type VerifyInput } from "../../core/appraise/verify.ts";
import { must } from "../../core/base/result.ts";
import { appraiseWith, reportData, verifyInput } from "../appraise/kit.ts";
import { bareVerification } from "./bare-verify.ts";
import { figure, ratio, type Report, timed } from "./figures.ts";
import { fullPolicy } from "./full-policy.ts";
import { managerOfChips } from "./warm-manager.ts";

export async function benchVerify(rounds: number): Promise<Report> {
  const input = await verifyInput();
  const bare = bareVerification(input.reportBytes, input.endorsements.vek.spki);
  const appraised = appraisals(input, rounds);
  const [few, many] = [managerOfChips(input, fewChips), managerOfChips(input, manyChips)];
  const warm = byTurns(rounds, few, asGenuine(bare));
  const chips = byTurns(rounds, many, few);
  const anew = byTurns(rounds, () => verifyReport(input), asGenuine(bare));
  return {
    title: `Verify a report (${rounds} rounds for each ratio)`,
    ratios: [
      ratio("warm verification / bare P-384 verify (at most 1.20)", ...warm),
      ratio(`${manyChips} chips cached / ${fewChips} (at most about 1)`, ...chips),
      ratio("all signatures anew / bare P-384 verify", ...anew),
    ],
    figures: [
      figure(`warm verification, ${fewChips} chips cached`, warm[0]),
      figure(`warm verification, ${manyChips} chips cached`, chips[0]),
      figure("all signatures anew, certificates parsed before", anew[0]),
      figure("bare P-384 verify", warm[1]),
      figure("appraisal with a full policy (at most 0.100)", appraised),
    ],
    notes: [
      "bare: the cheapest call of node:crypto there is, with key and signature ready.",
      "warm: chain and list from bytes through what the manager remembers; the report's P-384, dates, pins, names, revocation, all fields.",
      "The cached chips are one chip's certificate with as many different signatures, put into the memory as if they had been valid.",
      "In brackets: the least and the greatest of the same ratio within a fifth of the run.",
    ],
  };
}

type Work = (round: number) => unknown;

/** Milliseconds of both, once a round, and each is first in every other round: what the other left in the machine's caches hits both. */
function byTurns(rounds: number, one: Work, other: Work): [number[], number[]] {
  const [ones, others]: [number[], number[]] = [[], []];
  for (let round = -warmUp; round < rounds; round++) {
    const number = (round + warmUp) * stride;
    const first = round % 2 === 0 ? timed(() => one(number)) : undefined;
    const middle = timed(() => other(number));
    const last = first ?? timed(() => one(number));
    if (round < 0) continue;
    ones.push(last);
    others.push(middle);
  }
  return [ones, others];
}

function asGenuine(question: () => boolean): Work {
  return () => {
    if (!question()) throw new Error("the bench's report is not genuine");
  };
}

function appraisals(input: VerifyInput, rounds: number): number[] {
  const verification = verifyReport(input);
  if (!verification.genuine) throw new Error("the bench's report is not genuine");
  const bound = must(bindReport(verification.report, reportData));
  const { policy, history } = fullPolicy(bound);
  const times: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    let result = undefined as ReturnType<typeof appraiseWith> | undefined;
    const took = timed(() => (result = appraiseWith(bound, { policy, history })));
    const failed = result?.checks.filter(({ verdict }) => verdict === "fail") ?? [];
    if (failed.length > 0) throw new Error(failed.map(({ id, verdict, actual }) => `${id} ${verdict} ${actual}`).join(", "));
    if (round >= 0) times.push(took);
  }
  return times;
}

/** Until the engine has compiled what it runs most: a manager stays up for months. */
const warmUp = 500;
const fewChips = 10;
const manyChips = 10_000;
/** So that one round's chip is not beside the last one's. */
const stride = 7_919;
