// Policies to start from. Nothing that AMD's own documents do not settle is a default: such floors are waived, and say so.
import type { AppraisalPolicy } from "./policy.ts";

export interface ManualPresetInput {
  /** Hex, 48 bytes each. Without any, the first launch is by hand. */
  readonly measurements?: readonly string[];
  /** Hex, 64 bytes each. */
  readonly chipIds?: readonly string[];
}

/** For real VMs: a person approves every launch. */
export function manualPreset(input: ManualPresetInput = {}): AppraisalPolicy {
  throw new Error(`not built yet: ${input.measurements?.length}`);
}

/** For VMs enrolled as simulated. */
export function simulatedPreset(): AppraisalPolicy {
  throw new Error("not built yet");
}
