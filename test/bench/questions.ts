// What do the bench's two processes ask and tell each other? Every number is milliseconds.
import type { Sealed } from "../../core/base/hpke.ts";
import type { KeychainKind } from "../proofs/real-manager.ts";

/** Where a launch's time went, by the name of the part. */
export type Phases = Readonly<Record<string, number>>;

export type ManagerQuestion =
  | { readonly ask: "start"; readonly folder: string; readonly keychain: KeychainKind }
  /** Parts of the launch that has just ended, as the manager saw them. */
  | { readonly ask: "phases" }
  /** The manager's share of the floor. */
  | { readonly ask: "floor"; readonly publicKey: Uint8Array };

export interface ManagerAnswers {
  readonly start: {
    readonly configuration: string;
    /** SHA-256 of the disk key. */
    readonly keyDigest: Uint8Array;
    /** A TLS listener with the manager's certificate, and nothing behind it. */
    readonly barePort: number;
  };
  readonly phases: Phases;
  readonly floor: { readonly parts: Phases; readonly sealed: Sealed };
}

export type AgentQuestion =
  | ({ readonly ask: "start" } & ManagerAnswers["start"])
  | { readonly ask: "launch" }
  | { readonly ask: "handshake" }
  | { readonly ask: "key-pair" }
  | { readonly ask: "open"; readonly sealed: Sealed };

export interface AgentAnswers {
  readonly start: Readonly<Record<string, never>>;
  readonly launch: { readonly whole: number; readonly phases: Phases };
  readonly handshake: number;
  readonly "key-pair": { readonly took: number; readonly publicKey: Uint8Array };
  readonly open: number;
}

export interface ManagerTalk {
  readonly question: ManagerQuestion;
  readonly answers: ManagerAnswers;
}

export interface AgentTalk {
  readonly question: AgentQuestion;
  readonly answers: AgentAnswers;
}

/** HPKE info and associated data of the floor's own seal and open. */
export const floorContext = { info: new Uint8Array(64), aad: new Uint8Array(4) };
