// What can go wrong in core/launch, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const launchFailures = {} as const satisfies Record<string, FailureEntry>;
