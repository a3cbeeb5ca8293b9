// What does the manager remember? VMs and launches, as plain values that the store keeps and the consoles show. No key material, ever.
import type { Instant } from "../base/clock.ts";
import type { LaunchHistory } from "../appraise/history.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { CheckResult } from "../appraise/result.ts";
import type { BootSet } from "../measure/boot-set.ts";
import type { DiskOutcome } from "../launch/messages.ts";
import type { PersonNeeded } from "../release/decide.ts";
import type { LaunchPin } from "../release/pins.ts";
import type { HostPlan } from "../kit/launch-kit.ts";
import type { Product } from "../snp/product.ts";

export interface DiskSpec {
  readonly id: string;
  readonly device: string;
  /** Name of the opened mapping in the VM. */
  readonly name: string;
  /** Of the LUKS2 header, where the owner demands one. */
  readonly uuid?: string;
}

export interface IssuedConfiguration {
  /** SHA-256 of the canonical bytes, hex: the HOST_DATA of the VM. */
  readonly digest: string;
  /** The canonical JSON text itself. */
  readonly text: string;
  readonly issuedAt: Instant;
  /** Why, in the owner's words; undefined for the one of the enrolment. */
  readonly reason?: string;
  /** A retired configuration is no longer accepted, and never again. */
  readonly retiredAt?: Instant;
  readonly retiredReason?: string;
}

/** The files and vCPUs of a launch that may come: a candidate until a person approves it ahead, of the past once it is retired. */
export interface KeptBootSet {
  /** UUID. */
  readonly id: string;
  readonly label: string;
  readonly set: BootSet;
  readonly addedAt: Instant;
  readonly approvedAt?: Instant;
  /** Why it was approved, in the owner's words. */
  readonly approvalReason?: string;
  readonly retiredAt?: Instant;
}

export interface PolicyVersion {
  /** 1, 2, …: of this VM. */
  readonly number: number;
  /** SHA-384 of its canonical JSON, hex. */
  readonly digest: string;
  readonly since: Instant;
  /** Why it was changed, in the owner's words. */
  readonly reason: string;
}

/** One pin for each product, as in endorse/roots.ts: SHA-256 of the ARK certificate's DER and of its SubjectPublicKeyInfo, hex. */
export type SimulatedAnchors = Readonly<Partial<Record<Product, { readonly certificate: string; readonly spki: string }>>>;

/** How the VM's host starts it, and the names of the keys that sign its ID block. */
export type KeptPlan = HostPlan & {
  readonly idKey?: string;
  readonly authorKey?: string;
  /** Hex, 16 bytes. */
  readonly familyId?: string;
  /** Hex, 16 bytes. */
  readonly imageId?: string;
  readonly guestSvn?: number;
};

export interface VmRecord {
  /** UUID, lower case. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: Instant;
  readonly enabled: boolean;
  /** Present only for a VM enrolled as simulated: the simulated roots that it is believed under, and no others. */
  readonly simulatedAnchors?: SimulatedAnchors;
  /** Newest first; at least one. */
  readonly configurations: readonly IssuedConfiguration[];
  readonly disks: readonly DiskSpec[];
  /** The newest of {@link policyVersions}. */
  readonly policy: AppraisalPolicy;
  /** Newest first; at least one. What each demands is kept by its digest, and never changed. */
  readonly policyVersions: readonly PolicyVersion[];
  /** What persons approved under "first-launch-manual"; newest first. */
  readonly pins: readonly LaunchPin[];
  /** Newest first. */
  readonly bootSets: readonly KeptBootSet[];
  /** Chips and instances that were given this VM's keys. */
  readonly history: LaunchHistory;
  /** Releases whose disks did not open, or whose delivery is unknown, since the last success. */
  readonly failedOpens: number;
  readonly hostPlan?: KeptPlan;
}

/**
 * attesting: before its evidence was judged · pending: a person is needed · released: the decision is durable, its outcome not known ·
 * opened, open-failed, refused, denied, expired, abandoned, delivery-unknown: ended.
 */
export const launchStates = [
  "attesting",
  "pending",
  "released",
  "opened",
  "open-failed",
  "refused",
  "denied",
  "expired",
  "abandoned",
  "delivery-unknown",
] as const;

export type LaunchState = (typeof launchStates)[number];

export interface LaunchDecision {
  readonly verdict: "release" | "refuse";
  readonly at: Instant;
  /** "policy", or "person" with what they saw and said. */
  readonly by: "policy" | "person";
  readonly reason?: string;
  /** The evidence that the person saw, hex; differs from the released evidence only after a re-challenge with the same claims. */
  readonly approvedEvidence?: string;
  /** The launch whose approval pinned what this one shows, where that is why it went by policy. */
  readonly pinnedBy?: string;
  /** The boot set whose approval ahead covers the measurement, where that launch had another. */
  readonly bootSet?: { readonly id: string; readonly label: string };
  /** Sequence of the audit entry that made it durable. */
  readonly entry: number;
}

export interface CollateralWait {
  readonly what: "collateral";
  /** When the wait ends at the latest. */
  readonly until: Instant;
  /** Requests that are served first, where there is a queue. */
  readonly ahead?: number;
}

export interface LaunchRecord {
  /** UUID. */
  readonly id: string;
  /** UUID as the peer claimed it; a VM of that id need not exist. */
  readonly vm: string;
  /** Undefined where no such VM is enrolled. */
  readonly vmName?: string;
  readonly simulated: boolean;
  readonly peer: string;
  readonly agent: string;
  readonly startedAt: Instant;
  readonly updatedAt: Instant;
  readonly state: LaunchState;
  /** While pending: when the wait ends. */
  readonly waitUntil?: Instant;
  /** While its evidence is not judged, because something is to be fetched first. */
  readonly waitingFor?: CollateralWait;
  /** SHA-384 of the evidence, hex. */
  readonly evidenceDigest?: string;
  readonly claimsDigest?: string;
  /** 1184 bytes. */
  readonly report?: Uint8Array;
  /** The certificate table that came with it. */
  readonly certificates?: Uint8Array;
  readonly checks?: readonly CheckResult[];
  /** Why it ended or was refused: a code of the failure table, and the particular. */
  readonly code?: string;
  readonly detail?: string;
  readonly decision?: LaunchDecision;
  /** While pending and after: why a person was asked. */
  readonly because?: PersonNeeded;
  readonly outcome?: readonly DiskOutcome[];
  /** A second launch of the same VM knocked while this one was live. */
  readonly alert?: string;
}
