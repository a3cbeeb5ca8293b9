// May the key go? Pure: attestation result, enrolment, approval and limits in; release, refuse or "a person is needed" out.
// It never asks whether the report is genuine or acceptable: the attestation result says so, and nothing else can stand in for it.
import type { ReleaseRule, ReleaseTimes } from "../appraise/policy-demands.ts";
import type { AttestationResult } from "../appraise/result.ts";
import type { Instant } from "../base/clock.ts";
import { failure, type Failure } from "../base/failure.ts";
import { covers, type Approval } from "./approval.ts";
import { aheadFor, type ApprovedAhead } from "./approved-ahead.ts";
import { pinFor, whatIsNew, type Difference, type LaunchPin } from "./pins.ts";
import { withinTimes } from "./release-times.ts";

export interface ReleaseQuestion {
  readonly result: AttestationResult;
  readonly vm: {
    readonly enabled: boolean;
    readonly simulated: boolean;
    /** The configuration that the agent named is one that this manager issued, and was not retired. */
    readonly configurationCurrent: boolean;
    /** The result is of the policy that the VM has now. */
    readonly policyCurrent: boolean;
    readonly failedOpens: number;
    readonly policy: {
      readonly release: ReleaseRule;
      readonly releaseTimes: ReleaseTimes;
      readonly failedOpensMaximum: number;
    };
    /** What persons approved of this VM before. */
    readonly pins: readonly LaunchPin[];
    /** Measurements that persons approved before a launch showed them, and that are not retired. */
    readonly ahead: readonly ApprovedAhead[];
  };
  readonly approval: Approval | undefined;
  /** Launches of this VM that could still be released, this one among them. */
  readonly liveLaunches: number;
  readonly at: Instant;
}

export type Decision =
  | { readonly verdict: "release"; readonly by: "policy"; readonly pin?: PinnedBy }
  | { readonly verdict: "release"; readonly by: "person"; readonly approval: Approval }
  | { readonly verdict: "refuse"; readonly failure: Failure }
  | { readonly verdict: "person"; readonly because: PersonNeeded };

/** The approved launch that this one is like, and the approval ahead of its measurement, where there is one. */
export interface PinnedBy {
  readonly launch: LaunchPin;
  readonly ahead?: ApprovedAhead;
}

/** Why a person is asked, for that person. */
export type PersonNeeded =
  | { readonly reason: "always" }
  | { readonly reason: "first-launch" }
  | { readonly reason: "new"; readonly differences: readonly Difference[] }
  | { readonly reason: "outside-times" };

export function decide({ result, vm, approval, liveLaunches, at }: ReleaseQuestion): Decision {
  if (!vm.enabled) return refuse("release.vm-disabled");
  if (!vm.configurationCurrent) return refuse("release.configuration-retired");
  if (!vm.policyCurrent) return refuse("release.policy-changed");
  if (result.simulated !== vm.simulated) return refuse("release.simulation-mismatch");
  if (result.verdict !== "accepted") return { verdict: "refuse", failure: firstFailure(result) };
  if (liveLaunches > 1) return refuse("release.second-launch");
  if (vm.failedOpens >= vm.policy.failedOpensMaximum) return refuse("release.too-many-failed-opens", String(vm.failedOpens));
  if (approval !== undefined && covers(approval, result)) return { verdict: "release", by: "person", approval };
  const { release, releaseTimes } = vm.policy;
  const inTime = withinTimes(releaseTimes, at);
  if (release === "manual") return ask({ reason: "always" });
  const pin = release === "first-launch-manual" ? pinnedBy(result, vm) : undefined;
  if (release === "first-launch-manual" && pin === undefined) return ask(whyNotPinned(result, vm));
  if (inTime) return { verdict: "release", by: "policy", ...(pin === undefined ? {} : { pin }) };
  return releaseTimes !== "any" && releaseTimes.outside === "manual" ? ask({ reason: "outside-times" }) : refuse("release.outside-times");
}

function pinnedBy({ identity }: AttestationResult, { pins, ahead }: ReleaseQuestion["vm"]): PinnedBy | undefined {
  const launch = pinFor(identity, pins, ahead);
  const approved = aheadFor(identity.measurement, ahead);
  return launch === undefined ? undefined : { launch, ...(approved === undefined ? {} : { ahead: approved }) };
}

function whyNotPinned({ identity }: AttestationResult, { pins, ahead }: ReleaseQuestion["vm"]): PersonNeeded {
  return pins.length === 0 ? { reason: "first-launch" } : { reason: "new", differences: whatIsNew(identity, pins, ahead) };
}

/** The first check that failed speaks for all; the record keeps every one. */
function firstFailure({ checks }: AttestationResult): Failure {
  const failed = checks.find(({ verdict }) => verdict === "fail");
  return failure(failed?.code ?? "release.not-accepted", failed?.id);
}

function ask(because: PersonNeeded): Decision {
  return { verdict: "person", because };
}

function refuse(code: Extract<Failure["code"], `release.${string}`>, detail?: string): Decision {
  return { verdict: "refuse", failure: failure(code, detail) };
}
