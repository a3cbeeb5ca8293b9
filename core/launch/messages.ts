// What do agent and manager say to each other? The whole wire vocabulary of alp/1 (docs/protocol.md), as decoded values.
// Byte fields are raw here and base64 on the wire; the codec is the only place that knows the difference.

export const protocolName = "alp/1";

export interface Hello {
  readonly type: "hello";
  /** UUID, lower case. */
  readonly vm: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly tee: "sev-snp";
  /** name/version, at most 64 printable ASCII characters. */
  readonly agent: string;
  /** 32 bytes: SHA-256 of the canonical configuration in use. */
  readonly configuration: Uint8Array;
}

export interface Evidence {
  readonly type: "evidence";
  readonly tee: "sev-snp";
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** AMD certificate table as the host gave it: a hint, never trusted. */
  readonly certificates?: Uint8Array;
  /** X-Wing public key, 1216 bytes, made for this challenge. */
  readonly sealingKey: { readonly kem: "x-wing"; readonly key: Uint8Array };
}

export interface DiskOutcome {
  readonly disk: string;
  readonly opened: boolean;
  /** A stable code of the agent's where `opened` is false. */
  readonly code?: string;
}

export interface OutcomeMessage {
  readonly type: "outcome";
  readonly disks: readonly DiskOutcome[];
  readonly wiped: true;
}

export interface Challenge {
  readonly type: "challenge";
  /** UUID of this launch. */
  readonly launch: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** Seconds between pending frames: silence for three of them means that the manager is gone. */
  readonly heartbeat: number;
}

export interface Pending {
  readonly type: "pending";
  readonly reason: "collateral" | "approval";
  /** RFC 3339: when the wait ends at the latest. */
  readonly until: string;
}

export type RefusedCode = "not-accepted" | "try-later" | "unsupported" | "malformed" | "busy";

export interface Refused {
  readonly type: "refused";
  readonly code: RefusedCode;
  /** Seconds. */
  readonly retryAfter?: number;
}

export interface SealedDisk {
  readonly disk: string;
  /** X-Wing encapsulated key, 1120 bytes. */
  readonly encapsulated: Uint8Array;
  /** AES-256-GCM ciphertext with tag. */
  readonly ciphertext: Uint8Array;
}

export interface Release {
  readonly type: "release";
  readonly disks: readonly SealedDisk[];
}

export interface Recorded {
  readonly type: "recorded";
}

export type AgentMessage = Hello | Evidence | OutcomeMessage;
export type ManagerMessage = Challenge | Pending | Refused | Release | Recorded;
export type Message = AgentMessage | ManagerMessage;
