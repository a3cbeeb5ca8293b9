// Which disk is being made now, and how far is it? One at a time; the last ones stay to be asked for until the manager ends.
// A key is read from the keychain for each program that needs it, and given to nobody else.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DiskPhase, DiskQuestion, DiskRun } from "../../api/disk-schemas.ts";
import { type Clock, rfc3339 } from "../../base/clock.ts";
import { type Failure, failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";
import { acceptedOf, readConfiguration } from "../../manager/configurations.ts";
import { readKeys } from "../../manager/keys.ts";
import type { Manager } from "../../manager/manager.ts";
import type { Keychain } from "../../manager/ports.ts";
import { isSystemError } from "../files.ts";
import { failureView } from "../service/views.ts";
import { type Assignment, carryOut, type PreparedDisk } from "./carry-out.ts";
import { canTellProgress, type Cryptsetup, findCryptsetup } from "./cryptsetup.ts";
import { sentenceFor } from "./sentences.ts";
import { type Plan, planOf } from "./plan.ts";
import { isBegun, WorkFolder } from "./work-folder.ts";

export interface PreparedDisksParts {
  readonly ready: () => Result<{ readonly manager: Pick<Manager, "vm" | "recordDisk">; readonly keychain: Keychain }>;
  readonly clock: Clock;
  readonly log: Log;
  /** There is news of a run. */
  readonly onChange: (run: string) => void;
  readonly findTool?: () => Result<Cryptsetup>;
}

interface Running {
  view: DiskRun;
  readonly stop: AbortController;
}

export class PreparedDisks {
  readonly #parts: PreparedDisksParts;
  /** The newest last. */
  readonly #runs = new Map<string, Running>();
  #work: Promise<void> | undefined;
  #preparing = false;

  constructor(parts: PreparedDisksParts) {
    this.#parts = parts;
  }

  /** Answers once everything is asked that can be asked without changing anything. */
  async prepare(question: DiskQuestion): Promise<Result<DiskRun>> {
    if (this.#work !== undefined || this.#preparing) return fail(failure("disk.busy"));
    this.#preparing = true;
    try {
      return await this.#start(question);
    } finally {
      this.#preparing = false;
    }
  }

  /** The newest, where no id is given. */
  run(id: string | undefined): DiskRun | undefined {
    return (id === undefined ? [...this.#runs.values()].at(-1) : this.#runs.get(id))?.view;
  }

  /** What has ended stays as it is. */
  cancel(id: string): Result<DiskRun> {
    const running = this.#runs.get(id);
    if (running === undefined) return fail(failure("disk.unknown-run", id));
    running.stop.abort();
    return ok(running.view);
  }

  /** Resolves when what is under way stands at a point from which it can go on. */
  async close(): Promise<void> {
    this.#preparing = true;
    for (const { stop } of this.#runs.values()) stop.abort();
    await this.#work;
  }

  async #start(question: DiskQuestion): Promise<Result<DiskRun>> {
    const { ready, findTool = findCryptsetup, clock, log } = this.#parts;
    const service = ready();
    if (!service.ok) return service;
    const { manager, keychain } = service.value;
    const { vm, disk } = question;
    if (!hasDisk(manager, vm, disk)) return fail(failure("disk.unknown-disk", disk));
    const tool = findTool();
    if (!tool.ok) return tool;
    const able = await canTellProgress(tool.value);
    if (!able.ok) return able;
    const key = (): Promise<Result<Secret>> => keyOf(keychain, vm, disk);
    const there = await key();
    if (!there.ok) return there;
    there.value.wipe();
    const place = claimed(question);
    if (!place.ok) return place;
    const { plan, folder, work, release } = place.value;
    const view: DiskRun = {
      id: randomUUID(),
      ...named(question),
      image: plan.path,
      phase: "checking",
      share: 0,
      sentence: sentenceFor("checking", 0, plan.path),
      resumable: false,
      startedAt: rfc3339(clock.now()),
    };
    const running: Running = { view, stop: new AbortController() };
    this.#forgetOldest();
    this.#runs.set(view.id, running);
    log.write("info", "disk.started", { vm, disk, path: plan.path, reason: question.mode });
    const assignment: Assignment = {
      ...named(question),
      plan,
      luks: { tool: tool.value, key, folder },
      ...(work === undefined ? {} : { work }),
      signal: running.stop.signal,
      onStep: (phase, share) => this.#step(running, phase, share),
      record: ({ headerDigest }) => {
        const { mode, integrity } = question;
        return manager.recordDisk({ vm, disk, image: plan.path, mode, integrity, header: headerDigest });
      },
    };
    this.#work = this.#carryOut(running, assignment, release).finally(() => (this.#work = undefined));
    return ok(view);
  }

  async #carryOut(running: Running, assignment: Assignment, release: () => void): Promise<void> {
    let ended: Result<PreparedDisk>;
    try {
      ended = await carryOut(assignment);
    } catch (cause) {
      // A file system that fails in the middle throws; what is begun stays to be gone on with.
      const full = isSystemError(cause, "ENOSPC", "EDQUOT", "EFBIG");
      ended = fail(failure(full ? "disk.no-space" : "disk.unwritable", assignment.plan.path, cause));
      this.#parts.log.write("error", "disk.broke", {
        path: assignment.plan.path,
        reason: cause instanceof Error ? cause.name : typeof cause,
      });
    }
    release();
    this.#end(running, ended);
  }

  #step(running: Running, phase: DiskPhase, share: number): void {
    running.view = { ...running.view, phase, share, sentence: sentenceFor(phase, share, running.view.image) };
    this.#parts.onChange(running.view.id);
  }

  #end(running: Running, ended: Result<PreparedDisk>): void {
    const { clock, log, onChange } = this.#parts;
    const { id, image, vm, disk } = running.view;
    const resumable = !ended.ok && isBegun(image);
    const endedAt = rfc3339(clock.now());
    if (ended.ok) {
      running.view = { ...running.view, phase: "done", share: 1, sentence: sentenceFor("done", 1, image), endedAt, ...ended.value };
      log.write("info", "disk.done", { vm, disk, path: image });
    } else {
      running.view = { ...running.view, ...stoppedView(ended.failure), resumable, endedAt };
      log.write("warn", "disk.stopped", { vm, disk, path: image, code: ended.failure.code });
    }
    onChange(id);
  }

  #forgetOldest(): void {
    for (const id of this.#runs.keys()) if (this.#runs.size >= keptRuns) this.#runs.delete(id);
  }
}

interface Place {
  readonly plan: Plan;
  readonly folder: string;
  readonly work?: WorkFolder;
  readonly release: () => void;
}

/** Asked again under the claim, because another manager may have been at it until just now. */
function claimed(question: DiskQuestion): Result<Place> {
  const before = planOf(question);
  if (!before.ok) return before;
  if (before.value.kind === "device") {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-disk-"));
    return ok({ plan: before.value, folder, release: () => rmSync(folder, { recursive: true, force: true }) });
  }
  const work = WorkFolder.claim(before.value.path);
  if (!work.ok) return work;
  const plan = planOf(question);
  if (!plan.ok) work.value.release();
  return plan.ok ? ok({ plan: plan.value, folder: work.value.path, work: work.value, release: () => work.value.release() }) : plan;
}

/** Of any configuration that is accepted: each may open other disks. */
function hasDisk(manager: Pick<Manager, "vm">, id: string, disk: string): boolean {
  const vm = manager.vm(id);
  const accepted = vm === undefined ? [] : acceptedOf(vm);
  return accepted.some((configuration) => {
    const read = readConfiguration(configuration);
    return read.ok && read.value.disks.some((one) => one.id === disk);
  });
}

async function keyOf(keychain: Keychain, vm: string, disk: string): Promise<Result<Secret>> {
  const read = await readKeys(keychain, vm, [disk]);
  if (!read.ok) return read;
  const [found] = read.value;
  if (found === undefined) throw new Error("a key without a disk");
  return ok(found.key);
}

function named({ vm, disk, mode, integrity, headerBackup }: DiskQuestion) {
  return { vm, disk, mode, integrity, headerBackup };
}

function stoppedView(why: Failure): Pick<DiskRun, "phase" | "sentence" | "failure"> {
  const view = failureView(why);
  return { phase: why.code === "disk.cancelled" ? "stopped" : "failed", sentence: view.sentence, failure: view };
}

const keptRuns = 16;
