// How a function answers when "no" is an expected answer. Rules: docs/STYLE.md, "Failures are answers".
// Never thrown; a throw means a bug of ours.
import type { Failure } from "./failure.ts";

/** Either a value, or the failure that says why there is none. */
export type Result<T> = Ok<T> | Fail;
export type Ok<T> = { readonly ok: true; readonly value: T };
export type Fail = { readonly ok: false; readonly failure: Failure };

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): Fail {
  return { ok: false, failure };
}

/** For invariants of our own: throws where a failure would be a bug. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`invariant broken: ${result.failure.code} ${result.failure.detail ?? ""}`.trim());
}
