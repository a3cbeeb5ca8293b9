// Every way in which Portcullis says no, in one table: code -> family, what the peer may learn, what the operator reads.
// The table's parts live in failures/, one file per room; codes are stable and dotted. Nobody parses an error's text.
import { agentFailures } from "./failures/agent.ts";
import { appraiseFailures } from "./failures/appraise.ts";
import { bootFailures } from "./failures/boot.ts";
import { diskFailures } from "./failures/disk.ts";
import { endorseFailures } from "./failures/endorse.ts";
import { hostFailures } from "./failures/host.ts";
import { idKeyFailures } from "./failures/id-key.ts";
import { kitFailures } from "./failures/kit.ts";
import { launchFailures } from "./failures/launch.ts";
import { managerFailures } from "./failures/manager.ts";
import { measureFailures } from "./failures/measure.ts";
import { nodeFailures } from "./failures/node.ts";
import { simulatorFailures } from "./failures/simulator.ts";
import { snpFailures } from "./failures/snp.ts";
import type { FailureEntry } from "./failures/entry.ts";

export type { FailureEntry, FailureFamily, PeerCode } from "./failures/entry.ts";

export const failureTable = {
  ...snpFailures,
  ...endorseFailures,
  ...appraiseFailures,
  ...launchFailures,
  ...managerFailures,
  ...measureFailures,
  ...kitFailures,
  ...bootFailures,
  ...diskFailures,
  ...idKeyFailures,
  ...nodeFailures,
  ...agentFailures,
  ...hostFailures,
  ...simulatorFailures,
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof failureTable;

/** One "no". `detail` names the offending thing (a field, a file, a number) for the owner; it never goes to a peer and never holds a secret. */
export interface Failure {
  readonly code: FailureCode;
  readonly detail?: string;
  readonly cause?: unknown;
}

export function failure(code: FailureCode, detail?: string, cause?: unknown): Failure {
  return {
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** The sentence an operator reads: what happened, what to do, and the particular where there is one. */
export function sentenceOf({ code, detail }: Failure): string {
  const { sentence } = failureTable[code];
  return detail === undefined ? sentence : `${sentence} (${detail})`;
}
