// How does one connection become an open disk? Drives the agent-side machine: performs its effects in order and tells it what came of them.
// Holds the only keys there are, the sealing key and the disk keys, and wipes them on every path. Decides nothing itself.
import { type SealingKey, makeSealingKey, openWith } from "../core/base/hpke.ts";
import type { Primitives } from "../core/base/crypto.ts";
import type { Log } from "../core/base/log.ts";
import type { Random } from "../core/base/random.ts";
import { type CanonicalConfiguration, configurationDigest } from "../core/launch/agent-configuration.ts";
import {
  type AgentDeadline,
  type AgentEffect,
  type AgentEnding,
  type AgentEvent,
  type AgentState,
  openAgentSession,
  stepAgent,
} from "../core/launch/agent-machine.ts";
import { FrameReader } from "../core/launch/codec.ts";
import { decodeManagerMessage } from "../core/launch/decode.ts";
import type { ManagerMessage, SealedDisk } from "../core/launch/messages.ts";
import { diskAad } from "../core/launch/transcript.ts";
import type { Connection } from "./dial.ts";
import type { ReportSource } from "./report-source.ts";
import type { LockedDisk, Unlocker } from "./unlock.ts";

export interface SessionParts {
  /** name/version. */
  readonly agent: string;
  readonly configuration: CanonicalConfiguration;
  readonly source: ReportSource;
  readonly unlocker: Pick<Unlocker, "unlock" | "closeAll">;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly log: Log;
  /** Aborting ends the launch, whatever its state. */
  readonly signal: AbortSignal;
}

export interface SessionEnd {
  readonly ending: AgentEnding;
  /** The manager's id for it, of the last challenge; undefined where none came. */
  readonly launch: string | undefined;
}

/** Rejects only for a bug of ours, after everything was wiped and closed. */
export function runSession(connection: Connection, parts: SessionParts): Promise<SessionEnd> {
  return new Promise((resolve, reject) => new Session(connection, parts, resolve, reject).start());
}

class Session {
  readonly #connection: Connection;
  readonly #parts: SessionParts;
  readonly #resolve: (end: SessionEnd) => void;
  readonly #reject: (cause: unknown) => void;
  readonly #reader = new FrameReader();
  readonly #events: AgentEvent[] = [];
  readonly #deadlines = new Map<AgentDeadline, NodeJS.Timeout>();
  readonly #unlocking = new AbortController();
  readonly #stop = (): void => this.#tell({ on: "cancelled" });
  #state: AgentState = { waitsFor: "nothing" };
  #busy = true;
  #launch: string | undefined;
  #sealingKey: SealingKey | undefined;
  #locked: readonly LockedDisk[] = [];
  #unlock: Promise<void> = Promise.resolve();

  constructor(connection: Connection, parts: SessionParts, resolve: (end: SessionEnd) => void, reject: (cause: unknown) => void) {
    this.#connection = connection;
    this.#parts = parts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { agent, configuration, random, primitives, signal } = this.#parts;
    const { vm, disks } = configuration.configuration;
    const terms = { disks: disks.map(({ id }) => id), configurationDigest: configurationDigest(configuration.bytes, primitives) };
    const opened = openAgentSession({ exporter: this.#connection.exporter, vm, agent, nonce: random.bytes(32), terms }, primitives);
    this.#connection.listen({ chunk: (bytes) => this.#onChunk(bytes), gone: () => this.#onGone() });
    signal.addEventListener("abort", this.#stop);
    this.#state = opened.state;
    this.#finishing(this.#work(opened.effects));
    if (signal.aborted) this.#stop();
  }

  #onChunk(bytes: Uint8Array): void {
    const bodies = this.#reader.push(bytes);
    if (!bodies.ok) return this.#tell({ on: "misread", failure: bodies.failure });
    for (const body of bodies.value) {
      const message = decodeManagerMessage(body);
      this.#tell(message.ok ? { on: "frame", message: message.value, body } : { on: "misread", failure: message.failure });
    }
  }

  /** A manager that was killed in the middle of a frame is gone, and no more than that. */
  #onGone(): void {
    this.#tell({ on: "peer-gone" });
  }

  #tell(event: AgentEvent): void {
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    this.#finishing(this.#work([]));
  }

  /** One event at a time, and all of its effects before the next one. */
  async #work(first: readonly AgentEffect[]): Promise<void> {
    for (const effect of first) await this.#perform(effect);
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (event.on === "frame") this.#note(event.message);
      if (event.on === "frame" && event.message.type === "challenge") this.#launch = event.message.launch;
      const { state, effects } = stepAgent(this.#state, event, this.#parts.primitives);
      this.#state = state;
      for (const effect of effects) await this.#perform(effect);
    }
    this.#busy = false;
  }

  async #perform(effect: AgentEffect): Promise<void> {
    switch (effect.do) {
      case "send":
        return this.#connection.send(effect.frame);
      case "set-deadline":
        clearTimeout(this.#deadlines.get(effect.name));
        this.#deadlines.set(
          effect.name,
          setTimeout(() => this.#tell({ on: "deadline", name: effect.name }), effect.ms),
        );
        return;
      case "clear-deadline":
        return clearTimeout(this.#deadlines.get(effect.name));
      case "make-sealing-key":
        this.#sealingKey?.privateKey.wipe();
        return this.#finishing(this.#makeSealingKey());
      case "fetch-report":
        return this.#finishing(this.#fetchReport(effect.reportData));
      case "open-release":
        return this.#finishing(this.#openRelease(effect.disks, effect.hpkeInfo));
      case "unlock":
        this.#unlock = this.#unlockDisks();
        return this.#finishing(this.#unlock);
      case "close-disks":
        this.#unlocking.abort();
        await this.#unlock;
        return this.#parts.unlocker.closeAll();
      case "wipe":
        return this.#wipe();
      case "finish":
        this.#end();
        return this.#resolve({ ending: effect.ending, launch: this.#launch });
    }
  }

  async #makeSealingKey(): Promise<void> {
    const sealingKey = await makeSealingKey(this.#parts.random);
    if (this.#state.waitsFor !== "sealing-key") return sealingKey.privateKey.wipe();
    this.#sealingKey = sealingKey;
    this.#tell({ on: "sealing-key-made", publicKey: sealingKey.publicKey });
  }

  async #fetchReport(reportData: Uint8Array): Promise<void> {
    const report = await this.#parts.source.report(reportData);
    this.#tell(report.ok ? { on: "reported", ...report.value } : { on: "report-failed", failure: report.failure });
  }

  async #openRelease(sealed: readonly SealedDisk[], info: Uint8Array): Promise<void> {
    const locked: LockedDisk[] = [];
    const wipe = (): void => locked.forEach(({ key }) => key.wipe());
    for (const disk of this.#parts.configuration.configuration.disks) {
      const mine = sealed.find((one) => one.disk === disk.id);
      if (mine === undefined || this.#sealingKey === undefined) throw new Error("a release for other disks, or without a sealing key");
      const key = await openWith(this.#sealingKey.privateKey, { ...mine, info, aad: diskAad(disk.id) });
      // The launch may have ended while the key was being opened.
      if (this.#state.waitsFor !== "keys") {
        if (key.ok) key.value.wipe();
        return wipe();
      }
      if (!key.ok) {
        wipe();
        return this.#tell({ on: "release-unreadable", failure: key.failure });
      }
      locked.push({ disk, key: key.value });
    }
    this.#sealingKey?.privateKey.wipe();
    this.#locked = locked;
    this.#tell({ on: "release-opened" });
  }

  async #unlockDisks(): Promise<void> {
    const disks = await this.#parts.unlocker.unlock(this.#locked, this.#unlocking.signal);
    for (const { disk, opened, code } of disks) {
      this.#parts.log.write(opened ? "info" : "error", opened ? "agent.disk-opened" : "agent.disk-closed", {
        disk,
        ...(code === undefined ? {} : { code }),
      });
    }
    this.#tell({ on: "unlocked", disks });
  }

  /** For the VM's console: what the manager says, in words of the allow-list. */
  #note(message: ManagerMessage): void {
    const { log } = this.#parts;
    if (message.type === "challenge") log.write("info", "agent.challenged", { launch: message.launch });
    if (message.type === "pending") log.write("info", "agent.pending", { reason: message.reason, until: message.until });
    if (message.type === "release") log.write("info", "agent.released", { count: message.disks.length });
    if (message.type === "recorded") log.write("info", "agent.recorded");
  }

  #wipe(): void {
    this.#sealingKey?.privateKey.wipe();
    this.#sealingKey = undefined;
    for (const { key } of this.#locked) key.wipe();
    this.#locked = [];
  }

  #end(): void {
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    this.#parts.signal.removeEventListener("abort", this.#stop);
    this.#connection.close();
  }

  /** Work that throws is a bug of ours: nothing that was held or opened may outlive it. */
  #finishing(work: Promise<void>): void {
    work.catch(async (cause: unknown) => {
      this.#wipe();
      this.#unlocking.abort();
      this.#end();
      this.#state = { waitsFor: "nothing" };
      await this.#parts.unlocker.closeAll();
      this.#reject(cause);
    });
  }
}
