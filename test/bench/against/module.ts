// How long does another verifier take within one process, warm, beside our own warm verification and a bare P-384 of the same bytes?
// The module is whoever runs the bench's own file: never a dependency, and nothing of it is kept.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { bareVerification } from "../bare-verify.ts";
import { figure, ratio, type Report } from "../figures.ts";
import { WarmManager } from "../warm-manager.ts";
import { type Answer, expectVerifier } from "./fit.ts";
import { inTurn } from "./in-turn.ts";
import { NotComparable } from "./not-comparable.ts";
import type { Vector, VectorParts } from "./vector.ts";

/** What the module's function is given. DER, and the report's 1184 bytes; the list is undefined where none was named. */
export interface ModuleInputs {
  readonly report: Uint8Array;
  readonly vek: Uint8Array;
  readonly ask: Uint8Array;
  readonly ark: Uint8Array;
  readonly crl: Uint8Array | undefined;
  readonly at: Date;
}

type ModuleVerify = (inputs: ModuleInputs) => unknown;

export async function benchAgainstModule(file: string, exported: string, vector: Vector, rounds: number): Promise<Report> {
  const verify = load(file, exported);
  const at = new Date(vector.input.at);
  await expectVerifier("The module", vector.parts, (parts) => ask(verify, inputsOf(parts, at)));
  const inputs = inputsOf(vector.parts, at);
  const warm = new WarmManager(vector.input);
  const bare = bareVerification(vector.parts.report, vector.input.endorsements.vek.spki);
  const theirs = async (): Promise<void> => {
    if ((await verify(inputs)) !== true) throw new NotComparable("The module did not say yes to the genuine report while it was measured.");
  };
  const [other = [], own = [], floor = []] = await inTurn(rounds, warmUp, [theirs, () => warm.verify(), bare]);
  return {
    title: `Another verifier's module (${rounds} rounds, by turns, in one process; ${vector.name})`,
    ratios: [
      ratio("the module / our warm verification", other, own),
      ratio("the module / bare P-384 verify", other, floor),
      ratio("our warm verification / bare P-384 verify", own, floor),
    ],
    figures: [figure(`the module's ${exported}()`, other), figure("our warm verification", own), figure("bare P-384 verify", floor)],
    notes: [
      file,
      "It said yes to the genuine report, and no after one bit of the report or of the certificate's signature was changed.",
      "All rounds verify one report: a verifier that remembers its answer to the same bytes would seem quicker than it is for a launch.",
    ],
  };
}

/** By require(), which takes ES modules too: the one file here that nobody can know beforehand, and so no import for the import rules. */
function load(file: string, exported: string): ModuleVerify {
  let loaded: Record<string, unknown>;
  try {
    loaded = createRequire(import.meta.url)(resolve(file)) as Record<string, unknown>;
  } catch (cause) {
    throw new NotComparable(`The module ${file} could not be loaded: ${wordsOf(cause)}`, { cause });
  }
  const verify = loaded[exported];
  if (typeof verify === "function") return verify as ModuleVerify;
  const names = Object.keys(loaded).join(", ") || "nothing";
  throw new NotComparable(`The module ${file} has no function ${exported}: it exports ${names}. Name one with --export.`);
}

/** Verifiers often say no by an exception. Anything but true and false is no answer. */
async function ask(verify: ModuleVerify, inputs: ModuleInputs): Promise<Answer> {
  let answer: unknown;
  try {
    answer = await verify(inputs);
  } catch (cause) {
    return { yes: false, words: `it threw ${wordsOf(cause)}` };
  }
  if (typeof answer !== "boolean") throw new NotComparable(`The module answers ${typeof answer}, where true or false is asked for.`);
  return { yes: answer, words: `it answered ${String(answer)}` };
}

function inputsOf({ report, vek, ask: issuer, ark, crl }: VectorParts, at: Date): ModuleInputs {
  return { report, vek, ask: issuer, ark, crl, at };
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

const warmUp = 200;
