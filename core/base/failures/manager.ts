// What can go wrong in core/manager, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const managerFailures = {} as const satisfies Record<string, FailureEntry>;
