// What does the manager need from the world? Its ports; adapters live in core/node, and tests bring ones that fail on purpose.
import type { Clock, Instant } from "../base/clock.ts";
import type { Primitives, Signing } from "../base/crypto.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { AuditTip, SealedEntry } from "../audit/entry.ts";
import type { IdKeyRecord, SignedBlock } from "./id-key-records.ts";
import type { LaunchRecord, LaunchState, VmRecord } from "./records.ts";

/** One TLS connection, after the handshake. The listener has already capped bytes, rate and time. */
export interface Channel {
  /** Address and port of the peer, for the owner's eyes. */
  readonly peer: string;
  /** 32 bytes, RFC 9266 tls-exporter. */
  readonly exporter: Uint8Array;
  /** Chunks as they arrive; ends when the peer ends or the connection breaks. */
  readonly received: AsyncIterable<Uint8Array>;
  send(bytes: Uint8Array): void;
  /** Flushes what was sent, then closes; a peer that does not read is cut off after a bound. Idempotent. */
  close(): void;
}

/**
 * All that one durable step writes, in one transaction. The entry's place in the chain is checked by the store: its `previous` must be the
 * tip.
 */
export interface Batch {
  readonly entry: SealedEntry;
  readonly launch?: LaunchRecord;
  readonly vm?: VmRecord;
  /** A policy that a VM of this batch has: kept for ever under its digest; the same bytes again change nothing. */
  readonly policy?: { readonly digest: string; readonly text: string };
  readonly idKey?: IdKeyRecord;
  /** The name of one that is forgotten. */
  readonly removedIdKey?: string;
  readonly signedBlock?: SignedBlock;
}

/**
 * The manager's memory. One writer. Every method is synchronous: the store is a local file, and an answer that came is durable.
 * Trust: whoever can write to it can hide or invent history that the audit chain then contradicts; it never holds key material.
 */
export interface Store {
  vms(): readonly VmRecord[];
  vm(id: string): VmRecord | undefined;
  launch(id: string): LaunchRecord | undefined;
  /** The canonical JSON of a policy that was in use, by its SHA-384 in hex. */
  policy(digest: string): string | undefined;
  /** Oldest first. */
  idKeys(): readonly IdKeyRecord[];
  /** The ID_AUTH that was made under this digest (id-key-records.ts). */
  signedBlock(digest: string): Uint8Array | undefined;
  /** Newest first. */
  launches(query: LaunchQuery): readonly LaunchRecord[];
  auditTip(): AuditTip;
  /** In order, from `sequence` on. */
  auditEntries(sequence: number, limit: number): readonly SealedEntry[];
  /** Durable (synced) when it answers ok. `store.not-applied`: nothing was written. `store.answer-unknown`: reload before going on. */
  commit(batch: Batch): Result<void>;
  /** Progress of a launch before its decision: written, but not synced, and not part of the audit chain. */
  saveProgress(launch: LaunchRecord): Result<void>;
  /** Small settings of the installation, e.g. the keychain in use. */
  setting(name: string): string | undefined;
  saveSetting(name: string, value: string): Result<void>;
  /** A collateral cache: certificates and CRLs by name. Never trusted: what is read is verified again. */
  collateral(name: string): Uint8Array | undefined;
  saveCollateral(name: string, bytes: Uint8Array): Result<void>;
}

export interface LaunchQuery {
  readonly vm?: string;
  readonly states?: readonly LaunchState[];
  /** Only launches that started before this one (its id), for paging. */
  readonly before?: string;
  readonly limit: number;
}

/** The OS keychain, or the sealed file that an owner chose instead. Accounts are names like `disk/<vm>/<disk>`. */
export interface Keychain {
  /** e.g. "secret-service", "sealed-file": recorded at first use; a change is refused. */
  readonly backend: string;
  /** `keychain.no-such-key`, `keychain.locked`, `keychain.missing`. The caller wipes the secret. */
  getSecret(account: string): Promise<Result<Secret>>;
  /** Does not take ownership of `secret`. Reads back what it wrote. */
  setSecret(account: string, secret: Secret): Promise<Result<void>>;
  deleteSecret(account: string): Promise<Result<void>>;
}

/** Where endorsements come from beyond what the evidence brought: cache, folder, KDS. */
export interface CollateralSource {
  /**
   * DER certificates that may complete the chain, and CRLs; unverified.
   * @param progress called when the wait will be long, and again whenever there is news of it.
   */
  fetch(wanted: CollateralQuery, progress: CollateralProgress): Promise<Result<Collateral>>;
}

/** @param until when the wait ends at the latest. @param ahead how many requests are served before this one, where there is a queue. */
export type CollateralProgress = (until: Instant, ahead?: number) => void;

export interface CollateralQuery {
  readonly product: "Milan" | "Genoa" | "Turin";
  readonly signer: "vcek" | "vlek";
  /** 64 bytes. */
  readonly chipId: Uint8Array;
  /** 8 bytes. */
  readonly reportedTcb: Uint8Array;
  /** The VEK came with the evidence and need not be fetched. */
  readonly vekKnown: boolean;
  /** The issuers came with the evidence and need not be fetched. */
  readonly issuersKnown: boolean;
  readonly crlWanted: boolean;
}

export interface Collateral {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

export interface Timers {
  /** Calls back once after `ms` of monotonic time, unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void;
}

export interface ManagerPorts {
  readonly store: Store;
  readonly keychain: Keychain;
  /** For processors under AMD's roots. Never asked about simulated ones. */
  readonly collateral: CollateralSource;
  /** For VMs enrolled as simulated; absent where the evidence must bring all that is needed. */
  readonly simulatedCollateral?: CollateralSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly signing: Signing;
  readonly log: Log;
}
