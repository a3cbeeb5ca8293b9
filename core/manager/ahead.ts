// Which of a VM's boot sets count as approved ahead at this moment? The record's own, with the IMAGE_ID that follows from their files.
import { toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { imageOf } from "../kit/id-block.ts";
import { approvedAhead, type ApprovedAhead } from "../release/approved-ahead.ts";
import type { VmRecord } from "./records.ts";

/** Newest first. */
export function aheadOf({ bootSets }: Pick<VmRecord, "bootSets">, primitives: Primitives): readonly ApprovedAhead[] {
  return approvedAhead(bootSets, (set) => toHex(imageOf(set, primitives)));
}

/** Their ids, for the audit log. */
export function aheadIds({ bootSets }: Pick<VmRecord, "bootSets">): readonly string[] {
  return bootSets.flatMap(({ id, approvedAt, retiredAt }) => (approvedAt === undefined || retiredAt !== undefined ? [] : [id]));
}
