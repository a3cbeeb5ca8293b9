// "Launch a simulated VM": everything a launch is, on one machine, without SEV-SNP. A simulated processor on a socket, a scratch LUKS2 image
// with the VM's own key, and the real agent as a program of its own, against this very manager. What it makes it removes, on every path.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulationView } from "../../../api/schemas.ts";
import { fromHex } from "../../../base/bytes.ts";
import type { Clock } from "../../../base/clock.ts";
import { type Failure, failure } from "../../../base/failure.ts";
import type { Log } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { fail, ok, type Result } from "../../../base/result.ts";
import { currentConfiguration } from "../../../manager/configurations.ts";
import { diskAccount } from "../../../manager/keys.ts";
import type { Manager } from "../../../manager/manager.ts";
import type { Keychain, Timers } from "../../../manager/ports.ts";
import type { LaunchState, VmRecord } from "../../../manager/records.ts";
import { SimulatedProcessor } from "../../../simulator/processor.ts";
import { openPrivateFolder } from "../../files.ts";
import { startProcessorServer } from "../../simulator/processor-server.ts";
import type { Changes } from "../changes.ts";
import type { Simulations } from "../router-parts.ts";
import { failureView } from "../views.ts";
import type { AgentRun, RunAgent } from "./agent-run.ts";
import type { SimulatedAnchors } from "./anchors.ts";
import { clearScratchDisks, findCryptsetup, makeScratchDisk, removeScratchDisk } from "./scratch-disk.ts";
import { chooseSimulatedVm } from "./simulated-vm.ts";

export interface SimulationParts {
  readonly ready: () => Result<{ readonly manager: Manager; readonly keychain: Keychain }>;
  /** Where the manager listens; `simulation.listener` where it does not. */
  readonly endpoint: () => Result<string>;
  readonly anchors: SimulatedAnchors;
  /** For scratch disks: ours alone, and the same in every run. */
  readonly folder: string;
  readonly runAgent: RunAgent;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

interface Running {
  view: SimulationView;
  readonly startedAt: number;
  agent?: AgentRun;
  cancelled: boolean;
}

export class NodeSimulations implements Simulations {
  readonly #parts: SimulationParts;
  readonly #running = new Map<string, Running>();
  readonly #work = new Set<Promise<void>>();

  constructor(parts: SimulationParts) {
    this.#parts = parts;
  }

  async launch(named?: string): Promise<Result<SimulationView>> {
    const { anchors, clock, endpoint, folder, log, ready } = this.#parts;
    const cryptsetup = findCryptsetup();
    if (!cryptsetup.ok) return cryptsetup;
    const service = ready();
    if (!service.ok) return service;
    const address = endpoint();
    if (!address.ok) return address;
    if (this.#running.size === 0) clearScratchDisks(folder);
    const opened = openPrivateFolder(folder);
    if (!opened.ok) return opened;
    const hierarchy = await anchors.hierarchy();
    if (!hierarchy.ok) return hierarchy;
    const vm = await chooseSimulatedVm({ manager: service.value.manager, folder, endpoint: address.value }, named);
    if (!vm.ok) return vm;
    if (this.#isBusy(vm.value.id)) return fail(failure("simulation.running", vm.value.name));
    this.#forgetOldest();
    const running: Running = {
      view: { id: randomUUID(), vm: vm.value.id, phase: "preparing", progress: "Making a scratch disk …", lines: [] },
      startedAt: clock.now(),
      cancelled: false,
    };
    this.#running.set(running.view.id, running);
    log.write("info", "simulation.started", { vm: vm.value.id });
    const work = this.#run(running, vm.value, service.value, cryptsetup.value);
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
    return ok(running.view);
  }

  get(id: string): Result<SimulationView> {
    const running = this.#running.get(id);
    return running === undefined ? fail(failure("api.no-such-simulation", id)) : ok(running.view);
  }

  cancel(id: string): Result<void> {
    const running = this.#running.get(id);
    if (running === undefined) return fail(failure("api.no-such-simulation", id));
    running.cancelled = true;
    running.agent?.stop();
    return ok(undefined);
  }

  /** Stops every agent and resolves when what they used is gone. */
  async close(): Promise<void> {
    for (const id of this.#running.keys()) this.cancel(id);
    await Promise.all(this.#work);
  }

  async #run(running: Running, vm: VmRecord, service: { manager: Manager; keychain: Keychain }, cryptsetup: string): Promise<void> {
    const { log } = this.#parts;
    const leave = service.manager.subscribe((change) => {
      if (change.kind === "launch") this.#follow(running, vm.id, service.manager);
    });
    try {
      const ended = await this.#launch(running, vm, service.keychain, cryptsetup);
      this.#follow(running, vm.id, service.manager);
      this.#end(running, service.manager, ended);
    } catch (bug) {
      log.write("error", "simulation.bug", { vm: vm.id, detail: bug instanceof Error ? bug.name : typeof bug });
      this.#end(running, service.manager, fail(failure("api.internal")));
    } finally {
      leave();
    }
  }

  async #launch(running: Running, vm: VmRecord, keychain: Keychain, cryptsetup: string): Promise<Result<number | undefined>> {
    const { folder } = this.#parts;
    const temporary = mkdtempSync(join(tmpdir(), "portcullis-"));
    try {
      for (const disk of vm.disks) {
        const key = await keychain.getSecret(diskAccount(vm.id, disk.id));
        if (!key.ok) return key;
        try {
          const made = await makeScratchDisk(cryptsetup, folder, disk.device, key.value);
          if (!made.ok) return made;
        } finally {
          key.value.wipe();
        }
      }
      return await this.#withProcessor(running, vm, temporary);
    } catch (cause) {
      return fail(failure("simulation.disk", undefined, cause));
    } finally {
      for (const { device } of vm.disks) removeScratchDisk(device);
      rmSync(temporary, { recursive: true, force: true });
    }
  }

  async #withProcessor(running: Running, vm: VmRecord, temporary: string): Promise<Result<number | undefined>> {
    const { anchors, clock, random, runAgent } = this.#parts;
    const issued = currentConfiguration(vm);
    const hostData = fromHex(issued.digest);
    const hierarchy = await anchors.hierarchy();
    if (hostData === undefined) return fail(failure("simulation.agent", "the VM's configuration has no digest"));
    if (!hierarchy.ok) return hierarchy;
    const guest = new SimulatedProcessor({ hierarchy: hierarchy.value, random, clock }).launch({
      hostData,
      measurement: measurementOf(vm),
    });
    const processor = await startProcessorServer({ guest, path: join(temporary, "processor.sock") });
    if (!processor.ok) return processor;
    try {
      const configuration = join(temporary, "configuration.json");
      writeFileSync(configuration, issued.text, { mode: 0o600 });
      if (running.cancelled) return ok(undefined);
      this.#show(running, { phase: "running", progress: "The simulated VM is starting …" });
      running.agent = runAgent({ configuration, processor: processor.value.path }, (line) => this.#hear(running, line));
      return ok(await running.agent.ended);
    } finally {
      await processor.value.close();
    }
  }

  #hear(running: Running, line: string): void {
    this.#show(running, { lines: [...running.view.lines.slice(1 - maximumLines), line.slice(0, maximumLine)] });
  }

  /** At most one launch of a VM is live, so the newest one since the start is this one's. */
  #follow(running: Running, vm: string, manager: Manager): void {
    const [launch] = manager.launches({ vm, limit: 1 });
    if (launch === undefined || launch.startedAt < running.startedAt || running.view.phase === "ended") return;
    this.#show(running, { launch: launch.id, progress: progressWords[launch.state] });
    // A real agent would try again for as long as the machine runs; a trial has its answer.
    if (failedStates.has(launch.state)) this.#parts.timers.after(farewell, () => running.agent?.stop());
  }

  #end(running: Running, manager: Manager, ended: Result<number | undefined>): void {
    const state = running.view.launch === undefined ? undefined : manager.launch(running.view.launch)?.state;
    const opened = ended.ok && ended.value === 0 && state === "opened";
    const failed: Failure | undefined = ended.ok ? undefined : ended.failure;
    this.#show(running, {
      phase: "ended",
      progress: opened ? progressWords.opened : running.cancelled ? "It was stopped." : endWords(state),
      ...(ended.ok && ended.value !== undefined ? { exitCode: ended.value } : {}),
      ...(failed === undefined ? {} : { failure: failureView(failed) }),
    });
    this.#parts.log.write(opened ? "info" : "warn", "simulation.ended", {
      vm: running.view.vm,
      ...(state === undefined ? {} : { state }),
      ...(failed === undefined ? {} : { code: failed.code }),
      ...(ended.ok && ended.value !== undefined ? { exitCode: ended.value } : {}),
    });
  }

  #show(running: Running, news: Partial<SimulationView>): void {
    running.view = { ...running.view, ...news };
    this.#parts.changes.tell({ kind: "simulation", id: running.view.id });
  }

  #isBusy(vm: string): boolean {
    return [...this.#running.values()].some(({ view }) => view.vm === vm && view.phase !== "ended");
  }

  #forgetOldest(): void {
    for (const [id, { view }] of this.#running) {
      if (this.#running.size < maximumKept) return;
      if (view.phase === "ended") this.#running.delete(id);
    }
  }
}

/** The one that the owner expects; a VM without an expectation has the zeros of a guest that was not measured. */
function measurementOf({ policy }: VmRecord): Uint8Array {
  const demand = policy.checks.measurement;
  const expected = "require" in demand ? demand.require[0]?.digest : undefined;
  return (expected === undefined ? undefined : fromHex(expected)) ?? new Uint8Array(48);
}

function endWords(state: LaunchState | undefined): string {
  return state === undefined ? "The agent ended before its launch began: see its lines." : progressWords[state];
}

const progressWords: Readonly<Record<LaunchState, string>> = {
  attesting: "The manager checks the evidence …",
  pending: "The launch waits for your decision.",
  released: "The key was released; the agent opens the disk …",
  opened: "The disk opened.",
  "open-failed": "The disk did not open.",
  refused: "The launch was refused.",
  denied: "The launch was denied.",
  expired: "Nobody decided in time.",
  abandoned: "The launch was broken off.",
  "delivery-unknown": "The key was sent, and nothing was heard of the agent since.",
};

const failedStates: ReadonlySet<LaunchState> = new Set(["open-failed", "refused", "denied", "expired", "abandoned", "delivery-unknown"]);
/** Milliseconds for the agent to end by itself and say why. */
const farewell = 2_000;
const maximumLines = 200;
const maximumLine = 500;
const maximumKept = 20;
