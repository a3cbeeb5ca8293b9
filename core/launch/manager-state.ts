// What is remembered of a launch between two events? The states of the manager-side machine (docs/protocol.md).
// Only types. No key, no report and no clock: what is here may be printed.
import type { Failure } from "../base/failure.ts";
import type { ManagerEffect } from "./manager-events.ts";
import type { Transcript } from "./transcript.ts";

export interface ManagerStep {
  readonly state: ManagerState;
  readonly effects: readonly ManagerEffect[];
}

/** What an admitted launch carries from challenge to decision. */
export interface Attesting {
  readonly transcript: Transcript;
  readonly launch: string;
  readonly heartbeatSeconds: number;
  /** How many were sent. */
  readonly challenges: number;
  /** A person has approved; the evidence that comes is to confirm it. */
  readonly approved: boolean;
}

/**
 * Every state is named for what it waits for. `over` means that the peer is lost already while an answer of ours is still owed: the answer
 * decides what is recorded, and nothing more is sent.
 */
export type ManagerState =
  | { readonly waitsFor: "hello"; readonly transcript: Transcript }
  | { readonly waitsFor: "admission"; readonly transcript: Transcript; readonly over?: Failure }
  | { readonly waitsFor: "evidence"; readonly attesting: Attesting }
  | { readonly waitsFor: "judgement"; readonly attesting: Attesting; readonly collateralUntil?: string }
  | { readonly waitsFor: "person"; readonly attesting: Attesting; readonly until: string; readonly stale: boolean }
  | { readonly waitsFor: "release-commit"; readonly over?: Failure }
  | { readonly waitsFor: "sealing" }
  | { readonly waitsFor: "outcome"; readonly disks: readonly string[] }
  | { readonly waitsFor: "outcome-commit"; readonly sealFailure?: Failure; readonly over?: Failure }
  | { readonly waitsFor: "refusal-commit"; readonly failure: Failure; readonly over?: Failure }
  | { readonly waitsFor: "nothing" };
