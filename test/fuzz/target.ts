// What is fuzzed, and what counts as a fault? A target makes inputs out of seeds and examines one input; it never keeps anything between two.
import { type FailureCode, failureTable } from "../../core/base/failure.ts";
import type { Result } from "../../core/base/result.ts";
import { Draw } from "./draw.ts";

export interface Target {
  readonly name: string;
  /** Sound inputs, the same in every run. */
  readonly seeds: readonly Uint8Array[];
  readonly mutate: Mutate;
  /**
   * @returns "parsed", or the code of the refusal. @throws {@link Fault} where a promise is broken; whatever else is thrown is a fault too.
   */
  readonly examine: (input: Uint8Array) => string;
  /** How long one input may keep the processor, where 250 ms are known to be too short. */
  readonly milliseconds?: number;
}

/** Never changes the seeds: what it gives is a copy. */
export type Mutate = (seed: Uint8Array, draw: Draw, seeds: readonly Uint8Array[]) => Uint8Array;

/** A promise that an input broke. The message is the same for all inputs that break it in the same way. */
export class Fault extends Error {}

/** The input of a run with that number, made again as often as needed. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  const draw = new Draw(seed, index);
  return target.mutate(draw.pick(target.seeds), draw, target.seeds);
}

/** Says how a parser answered, and looks closer where it took the input. */
export function outcomeOf<T>(result: Result<T>, whereParsed: (value: T) => void, longestDetail = usualDetail): string {
  if (!result.ok) {
    const { code, detail = "" } = result.failure;
    if (!Object.hasOwn(failureTable, code)) throw new Fault(`unknown code ${code}`);
    // A detail is shown to people and goes into logs: what a peer sent must not fill them.
    if (detail.length > longestDetail) throw new Fault(`${code} has a detail of more than ${longestDetail} characters`);
    return code satisfies FailureCode;
  }
  whereParsed(result.value);
  return parsed;
}

export function expectSame(what: string, actual: Uint8Array, expected: Uint8Array): void {
  // Native, and as fast as fuzzing needs; nothing here is secret.
  if (Buffer.compare(actual, expected) !== 0) throw new Fault(`${what} differs`);
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Fault(otherwise);
}

/** Some of the inputs, always the same: for what would take too long with each. */
export function isOneOf(number: number, input: Uint8Array): boolean {
  return input.reduce((sum, byte) => (sum + byte) | 0, input.length) % number === 0;
}

export const parsed = "parsed";
const usualDetail = 512;
/** An author is told of several faults at once, each with its path. */
export const longestPolicyDetail = 3_000;
/** The YAML library needs some microseconds a character, and 131,072 are read. With the square of the length it would be far more. */
export const yamlMilliseconds = 2_500;
