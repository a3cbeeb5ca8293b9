// What can go wrong in agent/, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const agentFailures = {
  "agent.report-source-unavailable": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The processor gave no attestation report. Check that this VM runs under SEV-SNP and that its kernel has the report interface.",
  },
} as const satisfies Record<string, FailureEntry>;
