// How far did the conversion of this image come? A folder beside the image says it, for whoever goes on after a crash; its claim keeps a second manager
// out, and dies with its holder. Holds no key. It moves with the image, and is gone when the work is done.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../../base/failure.ts";
import { canonicalBytes, type Json } from "../../base/json.ts";
import { type Fail, fail, ok, type Result } from "../../base/result.ts";
import { objectOf } from "../../luks/metadata.ts";
import { openPrivateFolder, readBounded, writeAtomically } from "../files.ts";
import { claimFolder, type FolderClaim } from "../store/folder-claim.ts";

export interface Journal {
  readonly vm: string;
  readonly disk: string;
  /** Bytes of the image before it grew. */
  readonly originalSize: number;
  readonly sectorSize: 512 | 4096;
  /** moving: what lies at and behind `unmoved` is where it is to be encrypted. encrypting: the image's own header tells how far it is. */
  readonly stage: "moving" | "encrypting";
  /** Bytes at the image's start that are still where they were. */
  readonly unmoved: number;
}

export class WorkFolder {
  readonly path: string;
  readonly #claim: FolderClaim;

  private constructor(path: string, claim: FolderClaim) {
    this.path = path;
    this.#claim = claim;
  }

  /** Fails with `disk.busy` where another manager is at work on the same image. */
  static claim(image: string): Result<WorkFolder> {
    const folder = openPrivateFolder(workFolderOf(image));
    if (!folder.ok) return fail(failure("disk.unwritable", folder.failure.detail, folder.failure.cause));
    const claim = claimFolder(folder.value.path);
    if (claim.ok) return ok(new WorkFolder(folder.value.path, claim.value));
    const code = claim.failure.code === "store.in-use" ? "disk.busy" : "disk.unwritable";
    return fail(failure(code, claim.failure.detail, claim.failure.cause));
  }

  /** @returns undefined where nothing was begun. `disk.journal`. */
  journal(): Result<Journal | undefined> {
    const bytes = readBounded(this.#journal, longestJournal);
    if (!bytes.ok) return fail(failure("disk.journal", this.#journal, bytes.failure));
    return bytes.value === undefined ? ok(undefined) : parseJournal(bytes.value, this.#journal);
  }

  write(journal: Journal): Result<void> {
    const bytes = canonicalBytes({ version: 1, ...journal });
    const written = writeAtomically(this.#journal, bytes, { replace: true });
    return written.ok ? written : fail(failure("disk.unwritable", written.failure.detail, written.failure.cause));
  }

  /** What a run that was killed may have left: of a conversion that begins anew nothing of it counts. */
  clearScraps(): void {
    for (const name of readdirSync(this.path)) if (!kept.has(name)) rmSync(join(this.path, name), { force: true });
  }

  /** Lets others at the image. The folder stays only while there is a journal in it. */
  release(): void {
    // While it is still ours: whoever comes next makes a folder of their own.
    if (!existsSync(this.#journal)) rmSync(this.path, { recursive: true, force: true });
    this.#claim.release();
  }

  /** The work is done. CRASH: once the journal is gone, nothing is to be gone on with; the rest of the folder is a scrap. */
  finish(): void {
    rmSync(this.#journal, { force: true });
  }

  get #journal(): string {
    return join(this.path, journalName);
  }
}

/** Is a conversion of this image under way, now or until it was stopped? */
export function isBegun(image: string): boolean {
  return existsSync(join(workFolderOf(image), journalName));
}

function workFolderOf(image: string): string {
  return `${image}.portcullis`;
}

function parseJournal(bytes: Uint8Array, path: string): Result<Journal | undefined> {
  const json = objectOf(bytes);
  if (json === undefined) return malformed(path);
  const { version, vm, disk, originalSize, sectorSize, stage, unmoved } = json;
  if (version !== 1 || typeof vm !== "string" || typeof disk !== "string") return malformed(path);
  if (!isLength(originalSize) || !isLength(unmoved) || unmoved > originalSize) return malformed(path);
  if (sectorSize !== 512 && sectorSize !== 4096) return malformed(path);
  if (stage !== "moving" && stage !== "encrypting") return malformed(path);
  return ok({ vm, disk, originalSize, sectorSize, stage, unmoved });
}

function isLength(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0;
}

function malformed(path: string): Fail {
  return fail(failure("disk.journal", path));
}

const journalName = "journal.json";
const longestJournal = 4_096;
/** SQLite's own files beside the lock must not be touched while it is held. */
const kept: ReadonlySet<string> = new Set([journalName, "manager.lock", "manager.lock-journal"]);
