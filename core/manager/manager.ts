// The service: attested launches in, sealed keys out, and everything that an owner can ask of it. docs/protocol.md; one launch from socket
// to audit: docs/architecture.md. It owns no socket, file or clock: they are ports. Never returns key material.
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import type { ManagerLimits } from "./limits.ts";
import type { Channel, LaunchQuery, ManagerPorts } from "./ports.ts";
import type { Proposals } from "./proposals.ts";
import type { DiskSpec, LaunchRecord, VmRecord } from "./records.ts";

export interface ManagerOptions {
  /** SHA-256 of the SubjectPublicKeyInfo of the manager's own CA, 32 bytes: goes into every configuration that it issues. */
  readonly managerAnchor: Uint8Array;
  /** The pinned AMD roots (endorse/roots.ts), for every VM that is not enrolled as simulated. */
  readonly trustAnchors: TrustAnchors;
  /** Roots of this installation's simulator. Without them no VM can be enrolled as simulated. */
  readonly simulatedAnchors?: TrustAnchors;
  readonly limits?: Partial<ManagerLimits>;
}

export interface Enrolment {
  readonly name: string;
  readonly simulated: boolean;
  readonly disks: readonly DiskSpec[];
  /** host:port, tried in order. */
  readonly endpoints: readonly string[];
  /** Hex, 48 bytes each. Empty: the owner compares by hand. */
  readonly measurements: readonly string[];
  /** A whole appraisal policy as JSON text, instead of the preset. */
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

export interface Manager {
  /** Call once, before anything else: checks the audit log and closes what a crash left open. Resends nothing. */
  recover(): Result<RecoveryReport>;
  /** Serves one connection; resolves when it has ended. Never rejects. */
  accept(channel: Channel): Promise<void>;
  enrol(enrolment: Enrolment): Promise<Result<VmRecord>>;
  /** Disabling cancels a launch that is not decided yet; enabling sets the count of failed opens back to 0. */
  setEnabled(id: string, enabled: boolean): Result<VmRecord>;
  /** Resolves when the decision is durable. Only for callers that hold the approve role. */
  decide(question: DecisionQuestion): Promise<Result<LaunchRecord>>;
  /** Launches that wait for a person, oldest first. */
  pending(): readonly LaunchRecord[];
  launches(query: LaunchQuery): readonly LaunchRecord[];
  launch(id: string): LaunchRecord | undefined;
  vms(): readonly VmRecord[];
  vm(id: string): VmRecord | undefined;
  readonly proposals: Proposals;
  /** @returns how to stop listening. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Ends every session and resolves when all have ended. Afterwards nothing is accepted. */
  stop(): Promise<void>;
}

export function createManager(ports: ManagerPorts, options: ManagerOptions): Manager {
  throw new Error(`not built yet: ${ports.keychain.backend} ${options.trustAnchors.kind}`);
}
