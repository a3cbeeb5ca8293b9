// One VM with all that stands around it: a real manager in this process, an enrolled VM, its encrypted disks, its simulated processor, its initrd.
// What the host does to any of them is the test's choice.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { type ConfiguredDisk, configurationDigest } from "../../core/launch/agent-configuration.ts";
import { currentConfiguration } from "../../core/manager/configurations.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { startProcessorServer } from "../../core/node/simulator/processor-server.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import type { Secrets } from "../proofs/key-detector.ts";
import { expectedMeasurement, type RealManager, startRealManager } from "../proofs/real-manager.ts";
import { type EncryptedDisk, prepareDisks, rootDisk } from "./encrypted-disks.ts";
import { fixedNetwork, type Initrd } from "./initramfs.ts";
import { hostAddress, type Machine, startMachine } from "./machine.ts";
import { scanMemory, type Scan } from "./memory-scan.ts";

export interface LaunchChoices {
  readonly initrd: Initrd;
  readonly disks?: readonly ConfiguredDisk[];
  /** How long the agent goes on trying, in seconds. */
  readonly giveUpAfter?: number;
  /** Another manager's port, or one where nobody listens. */
  readonly port?: number;
  /** Where the agent finds the manager; before {@link port}. */
  readonly endpoints?: readonly string[];
  /** Another one than a device with a fixed address. */
  readonly network?: Network;
  /** What the host makes of the configuration; its digest in the report stays that of the owner's. */
  readonly edited?: (text: string) => string;
  /** What the host attaches instead: addresses as QEMU takes them. */
  readonly drives?: (disk: (id: string) => EncryptedDisk) => readonly string[] | Promise<readonly string[]>;
  /** How long the manager waits for a person. */
  readonly approvalSeconds?: number;
  /** What the manager has in its keychain for the root. */
  readonly rootKey?: Uint8Array;
  readonly moreOfCommandLine?: string;
  /** What the owner demands, and what the processor says of this launch; without it nobody compares. */
  readonly measurement?: { readonly demanded: Uint8Array; readonly said: Uint8Array };
  /** Keys are typed at the console all the time, unless said otherwise. */
  readonly typing?: boolean;
  /** More words for QEMU. */
  readonly more?: readonly string[];
}

export interface Network {
  /** QEMU's. */
  readonly words: readonly string[];
  /** Of the kernel command line. */
  readonly commandLine: string;
  /** Of the machine; a VM of QEMU's gets to it by the address 10.0.2.3. */
  readonly nameServer?: string;
}

export interface Launched {
  readonly vm: VmRecord;
  readonly machine: Machine;
  /** Resolves when the VM's launch waits for a person. Throws where the VM ends first. */
  pending(): Promise<LaunchRecord>;
  /** Of this VM's launches, newest first, as the manager has them now. */
  launches(): readonly LaunchRecord[];
  /** Looks for every key of every disk in all of the VM's memory as it is now. */
  scan(): Promise<Scan>;
}

export class Scene {
  readonly folder: string;
  readonly real: RealManager;
  readonly port: number;
  readonly #disks: ReadonlyMap<string, EncryptedDisk>;
  readonly #closing: (() => Promise<void> | void)[] = [];

  private constructor(folder: string, real: RealManager, port: number, disks: ReadonlyMap<string, EncryptedDisk>) {
    this.folder = folder;
    this.real = real;
    this.port = port;
    this.#disks = disks;
  }

  static async open(): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-vm-"));
    const real = await startRealManager({ folder, keychain: "sealed-file" });
    const port = await real.listen(0, (channel) => void real.manager.accept(channel));
    return new Scene(folder, real, port, await prepareDisks(folder, real));
  }

  disk(id: string): EncryptedDisk {
    const disk = this.#disks.get(id);
    if (disk === undefined) throw new Error(`no disk ${id}`);
    return disk;
  }

  async launch(name: string, choices: LaunchChoices): Promise<Launched> {
    const { initrd, disks = [rootDisk], edited = (text: string) => text, typing = true, more = [] } = choices;
    const vm = await this.#enrol(name, disks, choices);
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const { text } = currentConfiguration(vm);
    const configuration = join(folder, "agent.json");
    writeFileSync(configuration, edited(text));
    const measurement = choices.measurement?.said ?? expectedMeasurement;
    const hostData = configurationDigest(utf8(text), nodePrimitives);
    const guest = (await simulatedProcessor("Milan", {}, Date.now())).launch({ hostData, measurement });
    const processor = must(await startProcessorServer({ guest, path: join(folder, "processor.sock") }));
    this.#closing.push(() => processor.close());
    const drives = await (choices.drives?.((id) => this.disk(id)) ?? disks.map(({ id }) => this.disk(id).image));
    const { kernel, path } = initrd;
    const { network, moreOfCommandLine } = choices;
    const ordinary = network === undefined ? initrd.commandLine : initrd.commandLine.replace(fixedNetwork, network.commandLine);
    const commandLine = moreOfCommandLine === undefined ? ordinary : `${ordinary} ${moreOfCommandLine}`;
    const where = { folder, kernel, initrd: path, commandLine, drives, configuration, socket: processor.path, typing, more };
    const { words: devices, nameServer } = network ?? {};
    const around = { ...(devices === undefined ? {} : { network: devices }), ...(nameServer === undefined ? {} : { nameServer }) };
    const machine = await startMachine({ name, ...where, ...around });
    this.#closing.push(() => machine.close());
    const { manager } = this.real;
    const launches = (): readonly LaunchRecord[] => manager.launches({ vm: vm.id, limit: 10 });
    return { vm, machine, launches, pending: () => this.#pending(vm, machine), scan: () => this.#scan(folder, machine, choices.rootKey) };
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    await this.real.manager.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** With the keys of the disks that there are, and a configuration that gives up in time. */
  async #enrol(name: string, disks: readonly ConfiguredDisk[], choices: LaunchChoices): Promise<VmRecord> {
    const { manager, keychain } = this.real;
    const endpoints = choices.endpoints ?? [`${hostAddress}:${choices.port ?? this.port}`];
    const keys = new Map(disks.map(({ id }) => [id, new Secret(this.disk(id).key.slice())]));
    const { giveUpAfter = 0, approvalSeconds } = choices;
    const policy = approvalSeconds === undefined ? {} : { policy: JSON.stringify({ ...simulatedPreset(), approvalSeconds }) };
    const measurements = choices.measurement === undefined ? [] : [toHex(choices.measurement.demanded)];
    const vm = must(await manager.enrol({ name, simulated: true, disks, endpoints, measurements, keys, ...policy }));
    if (choices.rootKey !== undefined) must(await keychain.setSecret(diskAccount(vm.id, rootDisk.id), new Secret(choices.rootKey.slice())));
    if (giveUpAfter === 0) return vm;
    const retry = { firstDelaySeconds: 1, maximumDelaySeconds: 2, giveUpAfterSeconds: giveUpAfter };
    return must(await manager.issueConfiguration({ vm: vm.id, endpoints, disks, retry, reason: "gives up in time" }));
  }

  async #scan(folder: string, machine: Machine, wrong: Uint8Array | undefined): Promise<Scan> {
    const path = join(folder, "memory");
    await machine.dumpMemory(path);
    const secrets: Secrets = Object.fromEntries(
      [...this.#disks].flatMap(([id, { key, volumeKey }]) => [
        [`key of ${id}`, key],
        [`volume key of ${id}`, volumeKey],
      ]),
    );
    const scan = scanMemory(path, wrong === undefined ? secrets : { ...secrets, "the wrong key": wrong });
    rmSync(path);
    return scan;
  }

  #pending(vm: VmRecord, machine: Machine): Promise<LaunchRecord> {
    const { manager } = this.real;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = manager.pending().find((launch) => launch.vm === vm.id);
        if (found === undefined) return;
        unsubscribe();
        resolve(found);
      };
      const unsubscribe = manager.subscribe(look);
      void machine.ended.then((how) => reject(new Error(`the VM ended (${how}) before anything waited:\n${machine.console()}`)));
      look();
    });
  }
}
