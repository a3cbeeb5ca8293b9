// Which measurements did a person approve before any launch showed them? docs/adr, "approval ahead". A candidate is none, and a retired one is none any more.
// Says nothing about the rest of a launch: pins.ts lets nothing else differ.
import type { Brand } from "../base/brand.ts";
import type { Instant } from "../base/clock.ts";

export interface AheadRecord {
  /** Id of the boot set. */
  readonly bootSet: string;
  readonly label: string;
  /** Hex, 48 bytes. */
  readonly measurement: string;
  readonly at: Instant;
  /** Why, in the owner's words. */
  readonly reason: string;
}

/** Minted by {@link approvedAhead} alone. */
export type ApprovedAhead = Brand<AheadRecord, "ApprovedAhead">;

/** A boot set as the VM's record keeps it. */
export interface ConsideredSet {
  readonly id: string;
  readonly label: string;
  readonly set: { readonly measurement: string };
  readonly approvedAt?: Instant;
  readonly approvalReason?: string;
  readonly retiredAt?: Instant;
}

export function approvedAhead(sets: readonly ConsideredSet[]): readonly ApprovedAhead[] {
  return sets.flatMap(({ id, label, set, approvedAt, approvalReason = "", retiredAt }) => {
    if (approvedAt === undefined || retiredAt !== undefined) return [];
    const record: AheadRecord = { bootSet: id, label, measurement: set.measurement, at: approvedAt, reason: approvalReason };
    return [record as ApprovedAhead];
  });
}

export function aheadFor(measurement: string, ahead: readonly ApprovedAhead[]): ApprovedAhead | undefined {
  return ahead.find((one) => one.measurement === measurement);
}
