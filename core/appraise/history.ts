// What do a VM's earlier launches say about this one? Chips and instances that were given its keys: bounded, plain, newest first, kept with the VM.
// Only a release adds to it. Never a judgement by itself: checks/history.ts asks the policy.
import { toHex } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import type { Report } from "../snp/report.ts";

export interface SeenChip {
  /** Hex, 64 bytes. */
  readonly chipId: string;
  /** Hex, 8 bytes each, as at the last release. */
  readonly reportedTcb: string;
  readonly committedTcb: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

export interface SeenInstance {
  /** Hex, 32 bytes: random at every start of a VM. */
  readonly reportId: string;
  /** Hex, 64 bytes. */
  readonly chipId: string;
  /** The launch in which it was given the keys. */
  readonly launch: string;
  readonly at: Instant;
}

export interface LaunchHistory {
  readonly chips: readonly SeenChip[];
  readonly instances: readonly SeenInstance[];
}

export const noHistory: LaunchHistory = { chips: [], instances: [] };

/** The history after this report's VM was given its keys. */
export function withRelease(history: LaunchHistory, report: Report, launch: string, at: Instant): LaunchHistory {
  const chipId = toHex(report.chipId);
  const known = history.chips.find((chip) => chip.chipId === chipId);
  const chip: SeenChip = {
    chipId,
    reportedTcb: toHex(report.reportedTcb),
    committedTcb: toHex(report.committedTcb),
    firstAt: known?.firstAt ?? at,
    lastAt: at,
  };
  const instance: SeenInstance = { reportId: toHex(report.reportId), chipId, launch, at };
  return {
    chips: [chip, ...history.chips.filter((one) => one !== known)].slice(0, maximumChips),
    instances: [instance, ...history.instances].slice(0, maximumInstances),
  };
}

/** A VM that moves over more chips than this forgets the oldest, and then sees it as new. */
const maximumChips = 64;
const maximumInstances = 32;
