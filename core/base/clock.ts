// What time is it? Core never asks the machine: the host passes a Clock, the tests pass one they can turn.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export interface Clock {
  /** Wall clock. May jump; used for certificates, records and what a person reads. */
  now(): Instant;
  /** Milliseconds that never go back; used for every deadline. */
  monotonic(): number;
}

/** RFC 3339 in UTC with milliseconds, the one form in which Portcullis writes a time. */
export function rfc3339(instant: Instant): string {
  return new Date(instant).toISOString();
}
