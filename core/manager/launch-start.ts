// What does a launch begin with, and what does it hold once its evidence was judged? Shapes only.
import type { AttestationResult } from "../appraise/result.ts";
import type { Failure } from "../base/failure.ts";
import type { Report } from "../snp/report.ts";
import type { Grounds } from "./facts.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";

export interface LaunchStart {
  readonly record: LaunchRecord;
  /** As it was when the launch was admitted; undefined where none is enrolled under this id. */
  readonly vm: VmRecord | undefined;
  /** Why it will be refused whatever it shows. */
  readonly decoy: Failure | undefined;
  /** Hex: the digest that the agent named. */
  readonly configuration: string;
  /** How many launches of this VM could be released now. */
  readonly liveLaunches: () => number;
}

/** The evidence in hand, with all that a release needs of it. */
export interface EvidenceInHand {
  readonly sealingKey: Uint8Array;
  readonly hpkeInfo: Uint8Array;
  readonly grounds: Grounds;
  readonly result: AttestationResult;
  readonly report: Report;
}
