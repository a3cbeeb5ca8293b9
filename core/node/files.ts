// Who else can read what we keep, and is a file whole? Private folders, bounded reads, and writes that either happen or do not.
// Never follows a symbolic link to a folder, and never repairs what somebody else may have changed.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import { systemRandom } from "./random.ts";
import type { Stats } from "node:fs";
import type { FailureCode } from "../base/failure.ts";
import type { Result } from "../base/result.ts";

export interface PrivateFolder {
  readonly path: string;
  /** Others could read it until now, and no longer can: worth a word to the operator. */
  readonly mended: boolean;
}

/**
 * Makes the folder where there is none. One that others can write to is refused, because they may have put something in it already;
 * one that they can only read is closed to them. `files.not-ours`, `files.too-open`, `files.unwritable`.
 */
export function openPrivateFolder(path: string): Result<PrivateFolder> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const stats = lstatSync(path);
    if (!stats.isDirectory() || !isOurs(stats)) return fail(failure("files.not-ours", path));
    if (!posix || (stats.mode & 0o077) === 0) return ok({ path, mended: false });
    if ((stats.mode & 0o022) !== 0) return fail(failure("files.too-open", path));
    chmodSync(path, 0o700);
    return ok({ path, mended: true });
  } catch (cause) {
    return fail(failure("files.unwritable", path, cause));
  }
}

/**
 * Makes an empty file where there is none, and closes an own one to others. An existing file is never opened: closing any descriptor of a
 * database drops the locks that SQLite holds on it in this process.
 */
export function claimPrivateFile(path: string): Result<void> {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) closeSync(openSync(path, "wx", 0o600));
    else if (!stats.isFile() || !isOurs(stats)) return fail(failure("files.not-ours", path));
    else if (posix && (stats.mode & 0o077) !== 0) chmodSync(path, 0o600);
    return ok(undefined);
  } catch (cause) {
    return fail(failure("files.unwritable", path, cause));
  }
}

/** @returns undefined where there is no such file. `files.unreadable`, `files.too-large`. */
export function readBounded(path: string, maximum: number): Result<Uint8Array | undefined> {
  try {
    const file = openSync(path, constants.O_RDONLY | nonBlocking);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) return fail(failure("files.unreadable", path));
      if (stats.size > maximum) return fail(failure("files.too-large", path));
      const bytes = new Uint8Array(stats.size);
      let length = 0;
      while (length < bytes.length) {
        const read = readSync(file, bytes, length, bytes.length - length, length);
        if (read === 0) break;
        length += read;
      }
      return ok(bytes.subarray(0, length));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return ok(undefined);
    return fail(failure("files.unreadable", path, cause));
  }
}

/**
 * The file has its old content or the new, never a part; durable when it returns. Mode 0600. With `replace: false` an existing file stays.
 * CRASH: if we stop before the rename, a file named `.<random>.tmp` is left over and nothing else changed.
 */
export function writeAtomically(path: string, bytes: Uint8Array, options: { readonly replace: boolean }): Result<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${toHex(systemRandom.bytes(8))}.tmp`);
  try {
    writeNew(temporary, bytes);
    if (options.replace) renameSync(temporary, path);
    else linkSync(temporary, path);
    syncFolder(folder);
    return ok(undefined);
  } catch (cause) {
    return fail(failure(codeOf(cause), path, cause));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Node's own errors carry the system's name of what went wrong: `ENOENT`, `EADDRINUSE`. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && codes.includes(code);
}

function writeNew(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx", 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is durable only when its folder is. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (!posix) return;
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function codeOf(cause: unknown): FailureCode {
  return isSystemError(cause, "ENOSPC", "EDQUOT") ? "files.disk-full" : "files.unwritable";
}

function isOurs({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

const posix = process.platform !== "win32";
/** Opening a named pipe for reading must not wait for a writer. */
const nonBlocking = posix ? constants.O_NONBLOCK : 0;
