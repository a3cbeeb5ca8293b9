// May the key go? Pure: attestation result, enrolment, approval and limits in; release, refuse or "a person is needed" out.
// It never asks whether the report is genuine or acceptable: the attestation result says so, and nothing else can stand in for it.
import type { AttestationResult } from "../appraise/result.ts";
import { failure, type Failure } from "../base/failure.ts";
import { covers, type Approval } from "./approval.ts";

export interface ReleaseQuestion {
  readonly result: AttestationResult;
  readonly vm: {
    readonly enabled: boolean;
    readonly simulated: boolean;
    /** The configuration that the agent named is one that this manager issued, and was not retired. */
    readonly configurationCurrent: boolean;
    readonly failedOpens: number;
    readonly release: "manual" | "automatic";
  };
  readonly approval: Approval | undefined;
  /** Launches of this VM that could still be released, this one among them. */
  readonly liveLaunches: number;
  readonly failedOpensMaximum: number;
}

export type Decision =
  | { readonly verdict: "release"; readonly by: "policy" }
  | { readonly verdict: "release"; readonly by: "person"; readonly approval: Approval }
  | { readonly verdict: "refuse"; readonly failure: Failure }
  | { readonly verdict: "person" };

export function decide({ result, vm, approval, liveLaunches, failedOpensMaximum }: ReleaseQuestion): Decision {
  if (!vm.enabled) return refuse("release.vm-disabled");
  if (!vm.configurationCurrent) return refuse("release.configuration-retired");
  if (result.simulated !== vm.simulated) return refuse("release.simulation-mismatch");
  if (result.verdict !== "accepted") return { verdict: "refuse", failure: firstFailure(result) };
  if (liveLaunches > 1) return refuse("release.second-launch");
  if (vm.failedOpens >= failedOpensMaximum) return refuse("release.too-many-failed-opens", String(vm.failedOpens));
  if (approval !== undefined && covers(approval, result)) return { verdict: "release", by: "person", approval };
  return vm.release === "automatic" ? { verdict: "release", by: "policy" } : { verdict: "person" };
}

/** The first check that failed speaks for all; the record keeps every one. */
function firstFailure({ checks }: AttestationResult): Failure {
  const failed = checks.find(({ verdict }) => verdict === "fail");
  return failure(failed?.code ?? "release.not-accepted", failed?.id);
}

function refuse(code: Extract<Failure["code"], `release.${string}`>, detail?: string): Decision {
  return { verdict: "refuse", failure: failure(code, detail) };
}
