// What can go wrong in agent/, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const agentFailures = {} as const satisfies Record<string, FailureEntry>;
