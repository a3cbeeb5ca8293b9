// What can go wrong in core/endorse, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const endorseFailures = {} as const satisfies Record<string, FailureEntry>;
