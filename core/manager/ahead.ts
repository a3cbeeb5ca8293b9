// Which of a VM's boot sets count as approved ahead at this moment? The record's own, with the IMAGE_ID that follows from their files.
import { toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { imageOf } from "../kit/id-block.ts";
import { approvedAhead, type ApprovedAhead } from "../release/approved-ahead.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

/** In use, and approved by a person. */
export function isApproved({ approvedAt, retiredAt }: Pick<KeptBootSet, "approvedAt" | "retiredAt">): boolean {
  return approvedAt !== undefined && retiredAt === undefined;
}

/** What a kit is most likely wanted for, and a launch most likely has: the newest approved set in use, or else the newest in use. */
export function usualSet(bootSets: readonly KeptBootSet[]): KeptBootSet | undefined {
  return bootSets.find(isApproved) ?? bootSets.find(({ retiredAt }) => retiredAt === undefined);
}

/** Those that a launch with this measurement (hex) can be like: the others' IMAGE_IDs are not worked out. */
export function aheadWith({ bootSets }: Pick<VmRecord, "bootSets">, measurement: string, primitives: Primitives): readonly ApprovedAhead[] {
  return aheadOf({ bootSets: bootSets.filter(({ set }) => set.measurement === measurement) }, primitives);
}

/** Newest first. */
export function aheadOf({ bootSets }: Pick<VmRecord, "bootSets">, primitives: Primitives): readonly ApprovedAhead[] {
  return approvedAhead(bootSets, (set) => toHex(imageOf(set, primitives)));
}

/** Their ids, for the audit log. */
export function aheadIds({ bootSets }: Pick<VmRecord, "bootSets">): readonly string[] {
  return bootSets.filter(isApproved).map(({ id }) => id);
}
