// What can go wrong in core/appraise, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const appraiseFailures = {} as const satisfies Record<string, FailureEntry>;
