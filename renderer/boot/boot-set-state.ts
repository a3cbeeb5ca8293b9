// Which of a VM's boot sets may it be started with, and how does each stand? A candidate passes nothing yet; a retired one passes nothing any more. What the
// policy names passes although nobody approved it ahead: so it is after an enrolment.
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import type { Words } from "../words.ts";
import { acceptedMeasurements } from "./policy-reading.ts";

export type BootSetState = "candidate" | "accepted" | "approved" | "retired";

type Of = Pick<VmDetail, "bootSets" | "policy">;

export function stateOf(vm: Of, { approvedAt, retiredAt, set }: KeptBootSetView): BootSetState {
  if (retiredAt !== undefined) return "retired";
  if (approvedAt !== undefined) return "approved";
  return acceptedMeasurements(vm.policy).includes(set.measurement) ? "accepted" : "candidate";
}

export const bootSetWords: Readonly<Record<BootSetState, Words>> = {
  candidate: { word: "Candidate", tone: "wait" },
  accepted: { word: "Accepted by the policy", tone: "good" },
  approved: { word: "Approved", tone: "good" },
  retired: { word: "Retired", tone: "calm" },
};

/** Newest first, like the record. */
export function inUse({ bootSets }: Of): readonly KeptBootSetView[] {
  return bootSets.filter(({ retiredAt }) => retiredAt === undefined);
}

/** What the next kit is most likely wanted for. */
export function newestInUse(vm: Of): KeptBootSetView | undefined {
  const sets = inUse(vm);
  return sets.find((kept) => stateOf(vm, kept) !== "candidate") ?? sets[0];
}
