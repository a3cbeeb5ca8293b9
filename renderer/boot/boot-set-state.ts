// Which of a VM's boot sets may it be started with, and how does each stand? A candidate passes nothing yet; a retired one passes nothing any more.
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { Words } from "../words.ts";

export type BootSetState = "candidate" | "approved" | "retired";

export function stateOf({ approvedAt, retiredAt }: KeptBootSetView): BootSetState {
  if (retiredAt !== undefined) return "retired";
  return approvedAt === undefined ? "candidate" : "approved";
}

export const bootSetWords: Readonly<Record<BootSetState, Words>> = {
  candidate: { word: "Candidate", tone: "wait" },
  approved: { word: "Approved", tone: "good" },
  retired: { word: "Retired", tone: "calm" },
};

/** Newest first, like the record. */
export function inUse(sets: readonly KeptBootSetView[]): readonly KeptBootSetView[] {
  return sets.filter((kept) => stateOf(kept) !== "retired");
}

/** What the next kit is most likely wanted for. */
export function newestInUse(sets: readonly KeptBootSetView[]): KeptBootSetView | undefined {
  return sets.find((kept) => stateOf(kept) === "approved") ?? inUse(sets)[0];
}
