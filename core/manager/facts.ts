// What does the audit log say about a launch or a VM? The facts of each kind of entry, in one place, so that every entry names the exact
// evidence, who decided, and whether the evidence was simulated. Digests, ids and codes only.
import type { AuditFacts } from "../audit/entry.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Failure } from "../base/failure.ts";
import type { JsonObject } from "../base/json.ts";
import type { Approval } from "../release/approval.ts";
import type { PinnedBy } from "../release/decide.ts";
import type { DiskOutcome } from "../launch/messages.ts";
import { aheadIds } from "./ahead.ts";
import { acceptedOf } from "./configurations.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";

/** How the evidence came to be judged: with these an auditor can judge it again. */
export interface Grounds {
  /** Hex, SHA-384: T up to and with the evidence. */
  readonly transcript: string;
  /** Hex, SHA-384 of the policy's canonical JSON. */
  readonly policy: string;
  /** RFC 3339. */
  readonly judgedAt: string;
}

export function releasedFacts(
  launch: LaunchRecord,
  disks: readonly string[],
  grounds: Grounds,
  approval: Approval | undefined,
  pin: PinnedBy | undefined,
): AuditFacts {
  const by: JsonObject =
    approval === undefined
      ? { by: "policy", ...(pin === undefined ? {} : pinFacts(pin)) }
      : {
          by: "person",
          approval: {
            evidence: approval.evidenceDigest,
            claims: approval.claimsDigest,
            reason: approval.reason,
            at: rfc3339(approval.at),
          },
        };
  return { kind: "launch-released", facts: { ...named(launch), verdict: "release", disks, ...grounds, ...by } };
}

export function refusedFacts(launch: LaunchRecord, { code, detail }: Failure, by: "policy" | "person", reason?: string): AuditFacts {
  return {
    kind: "launch-refused",
    facts: {
      ...named(launch),
      verdict: "refuse",
      by,
      code,
      ...(detail === undefined ? {} : { detail: shortened(detail) }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

export function outcomeFacts(launch: LaunchRecord, disks: readonly DiskOutcome[], failure?: Failure): AuditFacts {
  const opened = failure === undefined && disks.length > 0 && disks.every((disk) => disk.opened);
  return {
    kind: opened ? "launch-opened" : "launch-failed",
    facts: {
      ...named(launch),
      disks: disks.map(({ disk, opened: open, code }) => ({ disk, opened: open, ...(code === undefined ? {} : { code }) })),
      ...(failure === undefined ? {} : { code: failure.code }),
    },
  };
}

export function deliveryUnknownFacts(launch: LaunchRecord, code: string): AuditFacts {
  return { kind: "delivery-unknown", facts: { ...named(launch), code } };
}

/** @param change what this entry is about, where the other facts do not say it. */
export function vmFacts(kind: "vm-enrolled" | "vm-changed", vm: VmRecord, keychain: string, change: JsonObject = {}): AuditFacts {
  const accepted = acceptedOf(vm).map(({ digest }) => digest);
  const [policy] = vm.policyVersions;
  return {
    kind,
    facts: {
      vm: vm.id,
      name: vm.name,
      simulated: vm.simulatedAnchors !== undefined,
      enabled: vm.enabled,
      disks: vm.disks.map(({ id }) => id),
      configuration: accepted[0] ?? "",
      // Where there is one, it is named above.
      ...(accepted.length > 1 ? { configurations: accepted } : {}),
      ...(policy === undefined ? {} : { policy: policy.digest, policyVersion: policy.number, policyReason: policy.reason }),
      approvals: vm.pins.length,
      ...(vm.bootSets.length === 0 ? {} : { approvedAhead: aheadIds(vm) }),
      ...(vm.hostPlan === undefined ? {} : { host: vm.hostPlan.host, guestPolicy: vm.hostPlan.guestPolicy }),
      ...change,
      keychain,
    },
  };
}

/** Whose word let it go: the launch that a person approved, and the approval ahead of the measurement that it shows. */
function pinFacts({ launch, ahead }: PinnedBy): JsonObject {
  if (ahead === undefined) return { pinnedBy: launch.launch };
  const { bootSet, label, measurement, at, reason } = ahead;
  return { pinnedBy: launch.launch, approvedAhead: { bootSet, label, measurement, at: rfc3339(at), reason } };
}

function named(launch: LaunchRecord): JsonObject {
  return {
    launch: launch.id,
    vm: launch.vm,
    ...(launch.vmName === undefined ? {} : { vmName: launch.vmName }),
    simulated: launch.simulated,
    peer: launch.peer,
    agent: launch.agent,
    ...(launch.evidenceDigest === undefined ? {} : { evidence: launch.evidenceDigest }),
    ...(launch.claimsDigest === undefined ? {} : { claims: launch.claimsDigest }),
    ...signalsOf(launch),
  };
}

/** Which checks had something to say beyond their verdict: ids alone, for the sentences quote what a peer sent. */
function signalsOf({ checks = [] }: LaunchRecord): JsonObject {
  const signals = checks.flatMap(({ id, signal }) => (signal === undefined ? [] : [id]));
  return signals.length === 0 ? {} : { signals };
}

/** A detail may quote what a peer sent. */
function shortened(text: string): string {
  return text.slice(0, 500).replaceAll(/\p{Surrogate}/gu, "?");
}
