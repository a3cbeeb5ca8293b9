// The real agent machine at the other end of a connection in memory: what it sends lies in a queue until the test delivers it, and it keeps
// every key that it could open, so that a test can say which keys have left the house.
import { toHex, u32be, concat } from "../../core/base/bytes.ts";
import { makeSealingKey, openWith, type SealingKey } from "../../core/base/hpke.ts";
import { FrameReader } from "../../core/launch/codec.ts";
import { decodeManagerMessage } from "../../core/launch/decode.ts";
import { diskAad } from "../../core/launch/transcript.ts";
import { openAgentSession, stepAgent } from "../../core/launch/agent-machine.ts";
import { failure } from "../../core/base/failure.ts";
import { utf8 } from "../../core/base/utf8.ts";
import type { AgentDeadline, AgentEffect, AgentEnding, AgentEvent, AgentState } from "../../core/launch/agent-machine.ts";
import type { DiskOutcome, ManagerMessage, SealedDisk } from "../../core/launch/messages.ts";
import type { Primitives } from "../../core/base/crypto.ts";
import type { Random } from "../../core/base/random.ts";
import type { Timers } from "../../core/manager/ports.ts";
import type { MemoryLink } from "./memory-link.ts";

export interface AgentParts {
  readonly vm: string;
  readonly disks: readonly string[];
  /** 32 bytes. */
  readonly configurationDigest: Uint8Array;
  /** What the hello names instead, where the agent lies. */
  readonly claimedConfiguration?: Uint8Array;
  readonly link: MemoryLink;
  readonly report: (reportData: Uint8Array) => { readonly report: Uint8Array; readonly certificates: Uint8Array };
  /** Does this key open this disk? */
  readonly opens: (disk: string, keyHex: string) => boolean;
  readonly random: Random;
  readonly timers: Timers;
  readonly primitives: Primitives;
}

export class TestAgent {
  readonly parts: AgentParts;
  /** Decoded, in order of arrival. */
  readonly heard: ManagerMessage[] = [];
  /** Disk id to key, hex: what this agent could open. */
  readonly keys = new Map<string, string>();
  ending: AgentEnding | undefined;
  /** Own work that has no answer yet. */
  working = 0;
  #state: AgentState;
  #sealingKey: SealingKey | undefined;
  readonly #reader = new FrameReader();
  readonly #deadlines = new Map<AgentDeadline, () => void>();

  constructor(parts: AgentParts) {
    this.parts = parts;
    const terms = { disks: parts.disks, configurationDigest: parts.claimedConfiguration ?? parts.configurationDigest };
    const opening = { exporter: parts.link.agentExporter, vm: parts.vm, agent: "test/1", nonce: parts.random.bytes(32), terms };
    const { state, effects } = openAgentSession(opening, parts.primitives);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    parts.link.onAgent = (bytes) => this.receive(bytes);
    parts.link.onAgentEnd = () => this.#on({ on: "peer-gone" });
  }

  get waitsFor(): AgentState["waitsFor"] {
    return this.#state.waitsFor;
  }

  receive(bytes: Uint8Array): void {
    const frames = this.#reader.push(bytes);
    if (!frames.ok) return this.#on({ on: "misread", failure: frames.failure });
    for (const body of frames.value) {
      const message = decodeManagerMessage(body);
      if (!message.ok) this.#on({ on: "misread", failure: message.failure });
      else {
        this.heard.push(message.value);
        this.#on({ on: "frame", message: message.value, body });
      }
    }
  }

  /** The machine that the VM runs on was stopped. */
  kill(): void {
    for (const cancel of this.#deadlines.values()) cancel();
    this.#deadlines.clear();
    this.parts.link.endFromAgent();
  }

  #on(event: AgentEvent): void {
    const { state, effects } = stepAgent(this.#state, event, this.parts.primitives);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: AgentEffect): void {
    const { link, random, timers } = this.parts;
    switch (effect.do) {
      case "send":
        link.sendFromAgent(effect.frame);
        return;
      case "set-deadline":
        this.#deadlines.get(effect.name)?.();
        this.#deadlines.set(
          effect.name,
          timers.after(effect.ms, () => this.#on({ on: "deadline", name: effect.name })),
        );
        return;
      case "clear-deadline":
        this.#deadlines.get(effect.name)?.();
        this.#deadlines.delete(effect.name);
        return;
      case "make-sealing-key":
        this.#later(makeSealingKey(random), (key) => {
          this.#sealingKey = key;
          return { on: "sealing-key-made", publicKey: key.publicKey };
        });
        return;
      case "fetch-report":
        return this.#on({ on: "reported", ...this.parts.report(effect.reportData) });
      case "open-release":
        return this.#later(this.#open(effect.hpkeInfo, effect.disks), (event) => event);
      case "unlock":
        return this.#on({ on: "unlocked", disks: this.#unlock(effect.disks) });
      case "close-disks":
        return;
      case "wipe":
        this.#sealingKey?.privateKey.wipe();
        return;
      case "finish":
        this.ending = effect.ending;
        for (const cancel of this.#deadlines.values()) cancel();
        this.#deadlines.clear();
        link.endFromAgent();
        return;
    }
  }

  async #open(info: Uint8Array, disks: readonly SealedDisk[]): Promise<AgentEvent> {
    const key = this.#sealingKey;
    if (key === undefined) throw new Error("no sealing key");
    for (const { disk, encapsulated, ciphertext } of disks) {
      const opened = await openWith(key.privateKey, { encapsulated, ciphertext, info, aad: diskAad(disk) });
      if (!opened.ok) return { on: "release-unreadable", failure: opened.failure };
      this.keys.set(disk, opened.value.use(toHex));
      opened.value.wipe();
    }
    return { on: "release-opened" };
  }

  #unlock(disks: readonly string[]): readonly DiskOutcome[] {
    const opens = disks.map((disk) => this.parts.opens(disk, this.keys.get(disk) ?? ""));
    const all = opens.every((open) => open);
    return disks.map((disk, at) =>
      all ? { disk, opened: true } : { disk, opened: false, code: opens[at] === true ? "agent.disk-closed" : "agent.disk-key" },
    );
  }

  #later<T>(work: Promise<T>, event: (value: T) => AgentEvent): void {
    this.working++;
    work.then(
      (value) => {
        this.working--;
        this.#on(event(value));
        return undefined;
      },
      () => {
        this.working--;
        this.#on({ on: "report-failed", failure: failure("agent.report-source-unavailable") });
        return undefined;
      },
    );
  }
}

/** A frame as somebody would send it who speaks no machine. */
export function rawFrame(body: string): Uint8Array {
  const bytes = utf8(body);
  return concat(u32be(bytes.length), bytes);
}
