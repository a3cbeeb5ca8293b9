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
  /** Hex, 16 bytes: the IMAGE_ID that an ID block for these files has where the owner chose no other. */
  readonly imageId: string;
  readonly at: Instant;
  /** Why, in the owner's words. */
  readonly reason: string;
}

/** Minted by {@link approvedAhead} alone. */
export type ApprovedAhead = Brand<AheadRecord, "ApprovedAhead">;

/** A boot set as the VM's record keeps it. */
export interface ConsideredSet<T extends { readonly measurement: string } = { readonly measurement: string }> {
  readonly id: string;
  readonly label: string;
  readonly set: T;
  readonly approvedAt?: Instant;
  readonly approvalReason?: string;
  readonly retiredAt?: Instant;
}

/** @param imageOf hex, 16 bytes: the IMAGE_ID that follows from the files of a set. */
export function approvedAhead<T extends { readonly measurement: string }>(
  sets: readonly ConsideredSet<T>[],
  imageOf: (set: T) => string,
): readonly ApprovedAhead[] {
  return sets.flatMap(({ id, label, set, approvedAt, approvalReason = "", retiredAt }) => {
    if (approvedAt === undefined || retiredAt !== undefined) return [];
    const { measurement } = set;
    const record: AheadRecord = { bootSet: id, label, measurement, imageId: imageOf(set), at: approvedAt, reason: approvalReason };
    return [record as ApprovedAhead];
  });
}

export function aheadFor(measurement: string, ahead: readonly ApprovedAhead[]): ApprovedAhead | undefined {
  return ahead.find((one) => one.measurement === measurement);
}
