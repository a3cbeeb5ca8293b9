// What can happen to a launch seen from the VM, and what can be wanted of its driver? Events, effects and states of the agent-side machine.
// Only types. Keys never pass through here: the driver holds them, and this says when to make, use and wipe them.
import type { Failure } from "../base/failure.ts";
import type { DiskOutcome, ManagerMessage, RefusedCode, SealedDisk } from "./messages.ts";
import type { Transcript } from "./transcript.ts";

export type AgentEvent =
  | { readonly on: "frame"; readonly message: ManagerMessage; readonly body: Uint8Array }
  | { readonly on: "misread"; readonly failure: Failure }
  /** Answer to `make-sealing-key`. */
  | { readonly on: "sealing-key-made"; readonly publicKey: Uint8Array }
  /** Answer to `fetch-report`. `certificates` may be empty. */
  | { readonly on: "reported"; readonly report: Uint8Array; readonly certificates: Uint8Array }
  | { readonly on: "report-failed"; readonly failure: Failure }
  /** Answer to `open-release`: every key opened, and the driver holds them. */
  | { readonly on: "release-opened" }
  | { readonly on: "release-unreadable"; readonly failure: Failure }
  /** Answer to `unlock`: one outcome for each disk; where one is not open, none is. */
  | { readonly on: "unlocked"; readonly disks: readonly DiskOutcome[] }
  | { readonly on: "deadline"; readonly name: AgentDeadline }
  | { readonly on: "peer-gone" }
  /** A signal: stop, whatever the state. */
  | { readonly on: "cancelled" };

export type AgentDeadline = "challenge" | "report" | "silence" | "unlock" | "recorded";

/** What to do, in this order. */
export type AgentEffect =
  | { readonly do: "send"; readonly frame: Uint8Array }
  | { readonly do: "set-deadline"; readonly name: AgentDeadline; readonly ms: number }
  | { readonly do: "clear-deadline"; readonly name: AgentDeadline }
  /** A new pair for this challenge; the one before is wiped first. */
  | { readonly do: "make-sealing-key" }
  | { readonly do: "fetch-report"; readonly reportData: Uint8Array }
  /** Open every sealed key with the sealing key; wipe the sealing key. */
  | { readonly do: "open-release"; readonly hpkeInfo: Uint8Array; readonly disks: readonly SealedDisk[] }
  /** Open these disks with their keys; wipe the keys. */
  | { readonly do: "unlock"; readonly disks: readonly string[] }
  /** Stop an unlock that runs, and close whatever is open. */
  | { readonly do: "close-disks" }
  /** Wipe the sealing key and every disk key. */
  | { readonly do: "wipe" }
  /** The connection and every deadline end here. */
  | { readonly do: "finish"; readonly ending: AgentEnding };

export type AgentEnding =
  /** All disks are open. `recorded` false: the manager did not confirm, and counts the launch as of unknown delivery. */
  | { readonly end: "opened"; readonly recorded: boolean }
  | { readonly end: "refused"; readonly code: RefusedCode; readonly retryAfterSeconds?: number }
  /** `released`: a key had been released, so trying again would not help. */
  | { readonly end: "failed"; readonly failure: Failure; readonly released: boolean };

export interface AgentStep {
  readonly state: AgentState;
  readonly effects: readonly AgentEffect[];
}

/** What does not change in one connection. */
export interface AgentTerms {
  /** Ids of the configured disks. */
  readonly disks: readonly string[];
  /** 32 bytes: what HOST_DATA must be. */
  readonly configurationDigest: Uint8Array;
}

export interface Challenged {
  readonly terms: AgentTerms;
  readonly transcript: Transcript;
  /** Three heartbeats. */
  readonly silenceMs: number;
}

/** Named for what it waits for. */
export type AgentState =
  | { readonly waitsFor: "challenge"; readonly terms: AgentTerms; readonly transcript: Transcript }
  | { readonly waitsFor: "sealing-key"; readonly challenged: Challenged }
  | { readonly waitsFor: "report"; readonly challenged: Challenged; readonly publicKey: Uint8Array; readonly reportData: Uint8Array }
  /** The evidence was sent. */
  | { readonly waitsFor: "verdict"; readonly challenged: Challenged }
  /** `alone`: the connection is lost meanwhile; the key is here, so the launch goes on. */
  | { readonly waitsFor: "keys"; readonly terms: AgentTerms; readonly alone: boolean }
  | { readonly waitsFor: "disks"; readonly terms: AgentTerms; readonly alone: boolean }
  | { readonly waitsFor: "recorded"; readonly failed?: Failure }
  | { readonly waitsFor: "nothing" };
