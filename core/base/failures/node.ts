// What can go wrong in core/node, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const nodeFailures = {} as const satisfies Record<string, FailureEntry>;
