// What can go wrong in core/snp, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const snpFailures = {
} as const satisfies Record<string, FailureEntry>;
