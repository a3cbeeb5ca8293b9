// What do a host and an owner ask of the manager, and what does it tell them? Plain values; only a key that a disk already has is a Secret.
import type { Secret } from "../base/secret.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import type { ManagerLimits } from "./limits.ts";
import type { ParsedEndorsements } from "./parsed.ts";
import type { DiskSpec } from "./records.ts";

export interface ManagerOptions {
  /** SHA-256 of the SubjectPublicKeyInfo of the manager's own CA, 32 bytes: goes into every configuration that it issues. */
  readonly managerAnchor: Uint8Array;
  /** The pinned AMD roots (endorse/roots.ts), for every VM that is not enrolled as simulated. */
  readonly trustAnchors: TrustAnchors;
  /** Roots of this installation's simulator. Without them no VM can be enrolled as simulated. */
  readonly simulatedAnchors?: TrustAnchors;
  readonly limits?: Partial<ManagerLimits>;
  /** What was read of certificates before, where several managers of one process share it. */
  readonly parsed?: ParsedEndorsements;
}

export interface Enrolment {
  readonly name: string;
  readonly simulated: boolean;
  readonly disks: readonly DiskSpec[];
  /** host:port, tried in order. */
  readonly endpoints: readonly string[];
  /** Hex, 48 bytes each. Empty: the owner compares by hand. */
  readonly measurements: readonly string[];
  /** The preset to start from; standard where none is named. Not for a simulated VM, nor beside a policy. */
  readonly preset?: "strict" | "standard" | "lab";
  /** A whole appraisal policy as JSON or YAML text, instead of the preset. */
  readonly policy?: string;
  /** Keys that disks already have, by disk id; the others get fresh ones. Stays the caller's to wipe. */
  readonly keys?: ReadonlyMap<string, Secret>;
}

/** What a person decided, about the evidence (SHA-384, hex) that they were shown. */
export interface DecisionQuestion {
  readonly launch: string;
  readonly evidence: string;
  readonly verdict: "approve" | "deny";
  readonly reason: string;
}

export interface RecoveryReport {
  /** Entries of the audit log whose chain was verified. */
  readonly auditEntries: number;
  /** Launches that were released and never heard of again: now `delivery-unknown`. */
  readonly deliveryUnknown: readonly string[];
  /** Launches that had not been decided: now `abandoned`. */
  readonly abandoned: readonly string[];
}

export interface Change {
  readonly kind: "launch" | "vm" | "proposal";
  readonly id: string;
}
