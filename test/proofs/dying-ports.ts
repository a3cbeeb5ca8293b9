// A manager's ports, and between them and the manager the moments at which the process kills itself. What leaves the house is written down first, in
// a file that outlives the process.
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { FrameReader } from "../../core/launch/codec.ts";
import { decodeAgentMessage, decodeManagerMessage } from "../../core/launch/decode.ts";
import type { Batch, Channel, Keychain, ManagerPorts, Store } from "../../core/manager/ports.ts";
import type { LaunchRecord } from "../../core/manager/records.ts";
import type { KillStep } from "./kill-steps.ts";

/** When does this process die? */
export class Death {
  #step: KillStep | undefined;
  #trace: number;
  readonly #signal = new Int32Array(new SharedArrayBuffer(8));

  /** @param trace path of the file for what leaves. Nothing dies before {@link arm}. */
  constructor(trace: string) {
    this.#trace = openSync(trace, "a");
  }

  /** Resolves when death can come at any time. @param trace for what leaves from now on. */
  async arm(step: KillStep, trace: string): Promise<void> {
    this.#step = step;
    this.#trace = openSync(trace, "a");
    if (!timed.has(step)) return;
    const killer = new Worker(join(import.meta.dirname, "killer.ts"), { workerData: { shared: this.#signal.buffer } });
    await new Promise((resolve) => killer.once("online", resolve));
  }

  note(line: string): void {
    writeSync(this.#trace, `${line}\n`);
  }

  is(step: KillStep): boolean {
    return this.#step === step;
  }

  at(step: KillStep): void {
    if (this.#step === step) this.now();
  }

  now(): void {
    this.note(`died ${this.#step ?? ""}`);
    process.kill(process.pid, "SIGKILL");
  }

  /** From another thread, some microseconds from now. */
  after(microseconds: number): void {
    this.note(`died ${this.#step ?? ""}`);
    Atomics.store(this.#signal, 1, Math.round(microseconds));
    Atomics.store(this.#signal, 0, 1);
    Atomics.notify(this.#signal, 0);
  }
}

export function dyingPorts(ports: ManagerPorts, death: Death): ManagerPorts {
  const { simulatedCollateral, random } = ports;
  return {
    ...ports,
    store: dyingStore(ports.store, death),
    keychain: dyingKeychain(ports.keychain, death),
    ...(simulatedCollateral === undefined
      ? {}
      : {
          simulatedCollateral: {
            async fetch(query, progress) {
              death.at("before collateral");
              const answer = await simulatedCollateral.fetch(query, progress);
              death.at("after collateral");
              return answer;
            },
          },
        }),
    random: {
      bytes(length) {
        // Only sealing draws as much at once.
        if (length === sealingSeed) death.at("sealing");
        return random.bytes(length);
      },
    },
  };
}

function dyingStore(store: Store, death: Death): Store {
  return {
    vms: () => store.vms(),
    vm: (id) => store.vm(id),
    launch: (id) => store.launch(id),
    launches: (query) => store.launches(query),
    policy: (digest) => store.policy(digest),
    idKeys: () => store.idKeys(),
    signedBlock: (digest) => store.signedBlock(digest),
    auditTip: () => store.auditTip(),
    auditEntries: (sequence, limit) => store.auditEntries(sequence, limit),
    setting: (name) => store.setting(name),
    saveSetting: (name, value) => store.saveSetting(name, value),
    collateral: (name) => store.collateral(name),
    saveCollateral: (name, bytes) => store.saveCollateral(name, bytes),
    saveProgress(launch: LaunchRecord) {
      if (launch.state === "attesting") death.at("before progress");
      if (launch.state === "pending") death.at("before pending saved");
      const saved = store.saveProgress(launch);
      if (launch.state === "attesting") death.at("after progress");
      if (launch.state === "pending") death.at("after pending saved");
      return saved;
    },
    commit(batch: Batch) {
      const kind = batch.launch?.state === "released" ? "release" : batch.launch?.state === "opened" ? "outcome" : undefined;
      if (kind === undefined) return store.commit(batch);
      death.at(`before ${kind} commit`);
      if (death.is(`inside ${kind} commit`)) death.after(Math.random() * aCommit);
      const committed = store.commit(batch);
      if (committed.ok) death.note(`committed ${kind} ${batch.launch?.id ?? ""}`);
      death.at(`after ${kind} commit`);
      return committed;
    },
  };
}

function dyingKeychain(keychain: Keychain, death: Death): Keychain {
  return {
    backend: keychain.backend,
    async getSecret(account) {
      death.at("before key read");
      const secret = await keychain.getSecret(account);
      death.at("after key read");
      return secret;
    },
    setSecret: (account, secret) => keychain.setSecret(account, secret),
    deleteSecret: (account) => keychain.deleteSecret(account),
  };
}

export function dyingChannel(channel: Channel, death: Death): Channel {
  let launch = "";
  let mute = false;
  return {
    peer: channel.peer,
    exporter: channel.exporter,
    received: received(channel, death),
    send(frame) {
      if (mute) return;
      const message = decodeManagerMessage(frame.subarray(4));
      if (!message.ok) throw new Error("the manager sent what is no message");
      const { type } = message.value;
      if (message.value.type === "challenge") launch = message.value.launch;
      if (type === "challenge" || type === "recorded") death.at(`before ${type}`);
      if (type === "pending") death.at("before pending sent");
      if (type === "release") death.at("before release sent");
      // Before it leaves: what is not in this file did not leave.
      if (type === "release") death.note(`sent release ${launch}`);
      if (type === "release" && death.is("half of release sent")) {
        mute = true;
        channel.send(frame.subarray(0, frame.length >> 1));
        setTimeout(() => death.now(), flushed);
        return;
      }
      channel.send(frame);
      if (type === "challenge" || type === "recorded") death.at(`after ${type}`);
      if (type === "pending") death.at("after pending sent");
      if (type === "release") death.at("after release sent");
    },
    close: () => channel.close(),
  };
}

async function* received(channel: Channel, death: Death): AsyncGenerator<Uint8Array> {
  const reader = new FrameReader();
  for await (const chunk of channel.received) {
    const frames = reader.push(chunk);
    for (const body of frames.ok ? frames.value : []) {
      const message = decodeAgentMessage(body);
      if (!message.ok) continue;
      if (message.value.type === "hello" && death.is("at a random moment")) death.after(Math.random() * aLaunch);
      death.at(`${message.value.type} received`);
    }
    yield chunk;
  }
}

/** Those that another thread brings about. */
const timed: ReadonlySet<KillStep> = new Set(["inside release commit", "inside outcome commit", "at a random moment"]);
const sealingSeed = 64;
/** Microseconds: about as long as the thing takes, so that death falls into it, or shortly after. */
const aCommit = 2_000;
const aLaunch = 250_000;
/** Milliseconds in which what was sent has reached the other side's socket. */
const flushed = 30;
