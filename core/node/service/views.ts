// How do the manager's records look to a console? Records to the contract's shapes: bytes as hex, times as text, codes with their sentences.
// Only what is written here leaves the service; a record is never passed on as it is.
import { fromHex, toBase64, toHex } from "../../base/bytes.ts";
import { rfc3339 } from "../../base/clock.ts";
import { failureTable, sentenceOf } from "../../base/failure.ts";
import { canonicalJson } from "../../base/json.ts";
import { bootSetView } from "./boot-views.ts";
import { fieldViews } from "./field-views.ts";
import type { HostPlanView } from "../../api/kit-schemas.ts";
import type { PolicyVersionView } from "../../api/policy-schemas.ts";
import type { FailureView, LaunchDetail, LaunchSummary, PersonNeededView, VmDetail, VmSummary } from "../../api/schemas.ts";
import type { Failure, FailureCode } from "../../base/failure.ts";
import { copyOfDisk } from "../../launch/agent-configuration.ts";
import type { PersonNeeded } from "../../release/decide.ts";
import type { KeptPlan, IssuedConfiguration, LaunchRecord, PolicyVersion, VmRecord } from "../../manager/records.ts";

export function failureView(failure: Failure): FailureView {
  return { code: failure.code, sentence: sentenceOf(failure) };
}

export function launchSummary(launch: LaunchRecord): LaunchSummary {
  return {
    id: launch.id,
    vm: launch.vm,
    ...optional("vmName", launch.vmName),
    simulated: launch.simulated,
    state: launch.state,
    peer: launch.peer,
    agent: launch.agent,
    startedAt: rfc3339(launch.startedAt),
    updatedAt: rfc3339(launch.updatedAt),
    ...(launch.waitUntil === undefined ? {} : { waitUntil: rfc3339(launch.waitUntil) }),
    ...(launch.waitingFor === undefined ? {} : { waitingFor: { ...launch.waitingFor, until: rfc3339(launch.waitingFor.until) } }),
    ...optional("evidence", launch.evidenceDigest),
    ...(launch.code === undefined ? {} : { failure: recordedFailure(launch.code, launch.detail) }),
    ...optional("alert", launch.alert),
    signals: (launch.checks ?? []).flatMap(({ signal }) => (signal === undefined ? [] : [signal])),
  };
}

export function launchDetail(launch: LaunchRecord): LaunchDetail {
  const { because, decision, outcome, report } = launch;
  return {
    ...launchSummary(launch),
    fields: report === undefined ? [] : fieldViews(report),
    checks: (launch.checks ?? []).map((check) => ({ ...check })),
    ...(report === undefined ? {} : { report: toHex(report) }),
    ...(decision === undefined
      ? {}
      : {
          decision: {
            verdict: decision.verdict,
            at: rfc3339(decision.at),
            by: decision.by,
            ...optional("reason", decision.reason),
            ...optional("pinnedBy", decision.pinnedBy),
            ...(decision.bootSet === undefined ? {} : { bootSet: decision.bootSet }),
            entry: decision.entry,
          },
        }),
    ...(because === undefined ? {} : { because: becauseView(because) }),
    ...(outcome === undefined ? {} : { outcome: outcome.map(({ disk, opened, code }) => ({ disk, opened, ...optional("code", code) })) }),
  };
}

export function vmSummary(vm: VmRecord, lastLaunch: LaunchRecord | undefined): VmSummary {
  return {
    id: vm.id,
    name: vm.name,
    simulated: vm.simulatedAnchors !== undefined,
    enabled: vm.enabled,
    createdAt: rfc3339(vm.createdAt),
    ...(lastLaunch === undefined ? {} : { lastLaunch: launchSummary(lastLaunch) }),
  };
}

export function vmDetail(vm: VmRecord, lastLaunch: LaunchRecord | undefined): VmDetail {
  return {
    ...vmSummary(vm, lastLaunch),
    disks: vm.disks.map(copyOfDisk),
    configurations: vm.configurations.map(configurationView),
    // The JSON form of a policy is the type itself (core/appraise/policy.ts).
    policy: canonicalJson(vm.policy),
    policyVersion: currentVersion(vm),
    pins: vm.pins.map((pin) => ({ ...pin, at: rfc3339(pin.at) })),
    bootSets: vm.bootSets.map(bootSetView),
    history: {
      chips: vm.history.chips.map((chip) => ({ ...chip, firstAt: rfc3339(chip.firstAt), lastAt: rfc3339(chip.lastAt) })),
      instances: vm.history.instances.map((instance) => ({ ...instance, at: rfc3339(instance.at) })),
    },
    failedOpens: vm.failedOpens,
    ...(vm.hostPlan === undefined ? {} : { hostPlan: planView(vm.hostPlan) }),
  };
}

function planView(plan: KeptPlan): HostPlanView {
  return { ...plan, disks: plan.disks.map((disk) => ({ ...disk })) };
}

/** As every answer shows it; what else is known of it is added by configuration-routes.ts. */
export function configurationView({ digest, text, issuedAt, reason, retiredAt, retiredReason }: IssuedConfiguration) {
  return {
    digest,
    hostDataBase64: toBase64(fromHex(digest) ?? new Uint8Array(0)),
    text,
    issuedAt: rfc3339(issuedAt),
    ...optional("reason", reason),
    ...(retiredAt === undefined ? {} : { retiredAt: rfc3339(retiredAt) }),
    ...optional("retiredReason", retiredReason),
  };
}

export function policyVersionView({ number, digest, since, reason }: PolicyVersion): PolicyVersionView {
  return { number, digest, since: rfc3339(since), reason };
}

function currentVersion({ policyVersions: [version] }: VmRecord): PolicyVersionView {
  if (version === undefined) throw new Error("a VM without a policy");
  return policyVersionView(version);
}

function becauseView(because: PersonNeeded): PersonNeededView {
  return because.reason === "new" ? { reason: "new", differences: because.differences.map((one) => ({ ...one })) } : because;
}

/** A code that a record keeps may be an older program's. */
function recordedFailure(code: string, detail: string | undefined): FailureView {
  if (isFailureCode(code)) return failureView({ code, ...optional("detail", detail) });
  return { code, sentence: detail ?? "An older or newer version of this program recorded this code, and this one does not know it." };
}

function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failureTable, code);
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [name in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]: string });
}
