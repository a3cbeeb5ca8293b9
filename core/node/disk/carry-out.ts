// How does a plan become a disk that the agent opens? Made or encrypted, verified as the agent would, its header backed up, recorded, and only then in
// its place and called done. Whoever calls has claimed the image.
import { chmodSync, chownSync, closeSync, constants, ftruncateSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DiskPhase } from "../../api/disk-schemas.ts";
import { equalBytes } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { isSystemError, readBounded, syncFolder, writeAtomically } from "../files.ts";
import { syncFile } from "./bytes.ts";
import { convert, newJournal } from "./convert.ts";
import { format, type HeaderCopy, headerRoom, type LuksParts, verifyDisk } from "./luks.ts";
import type { Plan } from "./plan.ts";
import type { WorkFolder } from "./work-folder.ts";

export interface Assignment {
  readonly plan: Plan;
  readonly vm: string;
  readonly disk: string;
  readonly integrity: boolean;
  readonly headerBackup: string;
  readonly luks: LuksParts;
  /** Undefined for a block device, which the kernel lets only one open exclusively. */
  readonly work?: WorkFolder;
  readonly signal: AbortSignal;
  readonly onStep: (phase: DiskPhase, share: number) => void;
  /** Makes it durable that this disk was prepared. */
  readonly record: (prepared: PreparedDisk) => Result<void>;
}

export interface PreparedDisk {
  /** SHA-256, hex. */
  readonly headerDigest: string;
  /** The header's, lower case. */
  readonly uuid: string;
  /** Of what was converted. */
  readonly originalSize?: number;
}

export async function carryOut(assignment: Assignment): Promise<Result<PreparedDisk>> {
  const { plan, work } = assignment;
  if (plan.kind === "device") return onDevice(assignment, plan.path);
  if (work === undefined) throw new Error("a file's work needs a claim");
  return plan.kind === "new-file" ? newFile(assignment, plan, work) : inPlace(assignment, plan, work);
}

async function onDevice(assignment: Assignment, path: string): Promise<Result<PreparedDisk>> {
  const made = await make(assignment, path, 4096);
  return made.ok ? finish(assignment, path, {}) : made;
}

/** CRASH: until the last line there is nothing new at the image's path; what is in the work folder is a scrap of the next run's. */
async function newFile(
  assignment: Assignment,
  { path, size, replaces }: Plan & { kind: "new-file" },
  work: WorkFolder,
): Promise<Result<PreparedDisk>> {
  work.clearScraps();
  const made = join(work.path, "new.img");
  const length = headerRoom + size + (assignment.integrity ? roomForTags(size) : 0);
  const file = openSync(made, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  ftruncateSync(file, length);
  closeSync(file);
  if (replaces !== undefined) {
    // Before there is anything to lose, because not everybody may.
    chmodSync(made, replaces.stats.mode & 0o777);
    chownSync(made, replaces.stats.uid, replaces.stats.gid);
  }
  const formatted = await make(assignment, made, size % 4096 === 0 ? 4096 : 512);
  if (!formatted.ok) return formatted;
  const finished = await finish(assignment, made, {});
  if (!finished.ok) return finished;
  if (replaces === undefined) {
    try {
      linkSync(made, path);
    } catch (cause) {
      return fail(failure(isSystemError(cause, "EEXIST") ? "disk.exists" : "disk.unwritable", path, cause));
    }
    rmSync(made);
  } else renameSync(made, path);
  syncFolder(dirname(path));
  return finished;
}

async function inPlace(
  assignment: Assignment,
  plan: Plan & { kind: "convert" | "resume" },
  work: WorkFolder,
): Promise<Result<PreparedDisk>> {
  const { vm, disk, luks, signal, onStep } = assignment;
  const found = work.journal();
  if (!found.ok) return found;
  if ((found.value === undefined) !== (plan.kind === "convert"))
    return fail(failure(plan.kind === "convert" ? "disk.half-done" : "disk.not-started", plan.path));
  const journal = found.value ?? newJournal(plan.image, { vm, disk });
  if (journal.vm !== vm || journal.disk !== disk) return fail(failure("disk.other-disk", `${journal.vm}, ${journal.disk}`));
  // One that was put back from a backup meanwhile has not moved: going on would tear it apart.
  const hasMoved = journal.stage === "encrypting" || journal.unmoved < journal.originalSize;
  if (hasMoved && plan.image.size < journal.originalSize + headerRoom) return fail(failure("disk.other-image", plan.path));
  if (found.value === undefined) {
    const written = work.write(journal);
    if (!written.ok) return written;
  }
  const converted = await convert({ luks, work, image: plan.path, signal, onStep }, journal);
  if (!converted.ok) return converted;
  const finished = await finish(assignment, plan.path, { originalSize: journal.originalSize });
  // CRASH: before this line the next run finds all encrypted, and verifies, backs up and records again.
  if (finished.ok) work.finish();
  return finished;
}

async function make({ luks, integrity, signal, onStep }: Assignment, path: string, sectorSize: 512 | 4096): Promise<Result<void>> {
  onStep("formatting", 0);
  const made = await format(luks, path, { sectorSize, integrity, onShare: (share) => onStep("formatting", share) });
  if (signal.aborted) return fail(failure("disk.cancelled"));
  if (made.ok) await syncFile(path);
  return made;
}

async function finish(
  { luks, headerBackup, onStep, record }: Assignment,
  path: string,
  known: Pick<PreparedDisk, "originalSize">,
): Promise<Result<PreparedDisk>> {
  onStep("verifying", 1);
  const header = await verifyDisk(luks, path);
  if (!header.ok) return header;
  const kept = keepHeader(header.value, headerBackup);
  if (!kept.ok) return kept;
  const prepared = { headerDigest: header.value.digest, uuid: header.value.uuid, ...known };
  const recorded = record(prepared);
  if (recorded.ok) return ok(prepared);
  // What is not recorded is not done, and the next run keeps its header itself.
  if (kept.value === "written") rmSync(headerBackup, { force: true });
  return recorded;
}

/** Durable, mode 0600, and never over a file that is there; the same backup of a run that was stopped just after counts as kept. */
function keepHeader({ bytes }: HeaderCopy, path: string): Result<"written" | "there"> {
  const written = writeAtomically(path, bytes, { replace: false });
  if (written.ok) return ok("written");
  if (!isSystemError(written.failure.cause, "EEXIST")) return fail(failure("disk.backup-failed", path, written.failure.cause));
  const there = readBounded(path, bytes.length);
  const same = there.ok && there.value !== undefined && equalBytes(there.value, bytes);
  return same ? ok("there") : fail(failure("disk.backup-exists", path));
}

/** A tag of 32 bytes for each sector, dm-integrity's own blocks and its journal: enough, and a little more. */
function roomForTags(size: number): number {
  return Math.ceil(size / 8 / 4096) * 4096 + 2 ** 27;
}
