// One VM with all that stands around it: a real manager in this process, an enrolled VM, its encrypted disk, its simulated processor, its initrd.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { configurationDigest } from "../../core/launch/agent-configuration.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { startProcessorServer } from "../../core/node/simulator/processor-server.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { expectedMeasurement, type RealManager, startRealManager } from "../proofs/real-manager.ts";
import { makeInitramfs } from "./initramfs.ts";
import { hostAddress, type Machine, startMachine } from "./machine.ts";
import { makeRootDisk } from "./root-disk.ts";

export interface Launched {
  readonly vm: VmRecord;
  readonly machine: Machine;
  /** Resolves when the VM's launch waits for a person. Throws where the VM ends first. */
  pending(): Promise<LaunchRecord>;
  /** Of this VM's launches, newest last, as the manager has them now. */
  launches(): readonly LaunchRecord[];
}

export class Scene {
  readonly folder: string;
  readonly real: RealManager;
  readonly #port: number;
  readonly #initrd: string;
  readonly #closing: (() => Promise<void> | void)[] = [];

  private constructor(folder: string, real: RealManager, port: number, initrd: string) {
    this.folder = folder;
    this.real = real;
    this.#port = port;
    this.#initrd = initrd;
  }

  static async open(): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-vm-"));
    const real = await startRealManager({ folder, keychain: "sealed-file" });
    const port = await real.listen(0, (channel) => void real.manager.accept(channel));
    return new Scene(folder, real, port, await makeInitramfs(folder));
  }

  /** @param edited what the host makes of the configuration; its digest in the report stays that of the owner's. */
  async launch(name: string, edited: (text: string) => string = (text) => text): Promise<Launched> {
    const { manager, keychain } = this.real;
    const disk = { id: "root", device: "/dev/vda", name: "root" };
    const enrolment = { name, simulated: true, disks: [disk], endpoints: [`${hostAddress}:${this.#port}`], measurements: [] };
    const vm = must(await manager.enrol(enrolment));
    const folder = mkdtempSync(join(this.folder, `${name}-`));
    const key = must(await keychain.getSecret(diskAccount(vm.id, disk.id)));
    const image = makeRootDisk(folder, key);
    key.wipe();
    const text = vm.configurations[0]?.text ?? "";
    const configuration = join(folder, "agent.json");
    writeFileSync(configuration, edited(text));
    const hostData = configurationDigest(utf8(text), nodePrimitives);
    const guest = (await simulatedProcessor("Milan", {}, Date.now())).launch({ hostData, measurement: expectedMeasurement });
    const processor = must(await startProcessorServer({ guest, path: join(folder, "processor.sock") }));
    this.#closing.push(() => processor.close());
    const where = { initrd: this.#initrd, disk: image, configuration, socket: processor.path };
    const machine = startMachine({ name, ...where });
    this.#closing.push(machine.kill);
    const launches = (): readonly LaunchRecord[] => manager.launches({ vm: vm.id, limit: 10 });
    return { vm, machine, launches, pending: () => this.#pending(vm, machine) };
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    await this.real.manager.stop();
    rmSync(this.folder, { recursive: true, force: true });
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
      void machine.ended.then((code) => reject(new Error(`the VM ended with ${code} before anything waited:\n${machine.console()}`)));
      look();
    });
  }
}
