// What do the kill rounds ask of a manager process, and what does it tell them?
import type { Result } from "../../core/base/result.ts";
import type { KillStep } from "./kill-steps.ts";
import type { RecoveryReport } from "../../core/manager/manager.ts";

export interface RoundVm {
  readonly name: string;
  readonly device: string;
  /** Of the disk, which the test has made. */
  readonly keyHex: string;
  readonly by: "policy" | "person";
  /** host:port of the manager. */
  readonly endpoint: string;
}

/** The next round: whose VM, at which step its launch meets death, and where what leaves is written down. */
export interface EnrolQuestion {
  readonly ask: "enrol";
  readonly vm: RoundVm;
  readonly step: KillStep;
  readonly trace: string;
}

export interface ManagerTalk {
  readonly question: { readonly ask: "start" } | EnrolQuestion | { readonly ask: "stop" };
  readonly answers: {
    readonly start: { readonly recovered: Result<RecoveryReport> };
    readonly enrol: { readonly vm: string; readonly configuration: string };
    readonly stop: Readonly<Record<string, never>>;
  };
}
