// What is said about a field of a policy: the shape of the tables for docs/policy.md and for sentences about policies.
import type { FailureCode } from "../base/failure.ts";

export interface FieldReference {
  readonly title: string;
  /** What may be written there. */
  readonly form: string;
  readonly meaning: string;
  /** What a wrong or waived value costs. */
  readonly stake: string;
  /** Which way is stricter. */
  readonly polarity: string;
  /** Ids of the checks in a result that it rules. */
  readonly checks: readonly string[];
  /** What a launch that fails it is refused with. */
  readonly codes: readonly FailureCode[];
}
