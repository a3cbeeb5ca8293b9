// Puts an agent configuration before an initrd of any size, in pieces, and says what the whole is: its digest enters the measurement.
// Never writes over a file, and never leaves a part of one under the name that was asked for.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { failure, type Failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { beginningBytes, beginsWithPiece, configurationPiece, initrdForm } from "../kit/initramfs.ts";
import { isSystemError } from "./files.ts";
import { systemRandom } from "./random.ts";

export interface WrittenInitrd {
  /** SHA-256, 32 bytes: of the whole, as it is to be measured. */
  readonly digest: Uint8Array;
  readonly bytes: number;
  /** How the initrd that was given is packed. */
  readonly form: string;
}

/**
 * @param configuration the canonical bytes.
 * @param progress called with the share that is done, 0 to 1.
 * Failures: `measure.unreadable`, `kit.initrd-unknown`, `kit.initrd-configured`, `kit.file-exists`, `files.disk-full`, `files.unwritable`.
 */
export function prependConfiguration(
  input: string,
  output: string,
  configuration: Uint8Array,
  progress: (share: number) => void = () => {},
): Result<WrittenInitrd> {
  const source = openSource(input);
  if (!source.ok) return source;
  try {
    return writeClaimed(output, (target) => copy(source.value, input, target, configuration, progress));
  } finally {
    closeSync(source.value.file);
  }
}

interface Source {
  readonly file: number;
  readonly size: number;
  readonly form: string;
}

function openSource(path: string): Result<Source> {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    const start = new Uint8Array(beginningBytes);
    const form = stats.isFile() && readSync(file, start, 0, start.length, 0) > 0 ? initrdForm(start) : undefined;
    if (form !== undefined && !beginsWithPiece(start)) return ok({ file, size: stats.size, form });
    closeSync(file);
    const code = form === undefined ? "kit.initrd-unknown" : "kit.initrd-configured";
    return fail(failure(stats.isFile() ? code : "measure.unreadable", path));
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    return fail(failure("measure.unreadable", path, cause));
  }
}

/** CRASH: until the last step the name holds an empty file, which no host boots; a file `.<random>.tmp` may be left over beside it. */
function writeClaimed<T>(path: string, write: (file: number) => Result<T>): Result<T> {
  const temporary = join(dirname(path), `.${toHex(systemRandom.bytes(8))}.tmp`);
  let claimed = false;
  let done = false;
  try {
    closeSync(openSync(path, "wx", 0o644));
    claimed = true;
    const file = openSync(temporary, "wx", 0o644);
    try {
      const written = write(file);
      if (!written.ok) return written;
      fsyncSync(file);
      renameSync(temporary, path);
      done = true;
      return written;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    return fail(writeFailure(path, cause));
  } finally {
    rmSync(temporary, { force: true });
    if (claimed && !done) rmSync(path, { force: true });
  }
}

function copy(
  { file, size, form }: Source,
  path: string,
  target: number,
  configuration: Uint8Array,
  progress: (share: number) => void,
): Result<WrittenInitrd> {
  const hash = createHash("sha256");
  let bytes = 0;
  const put = (piece: Uint8Array): void => {
    hash.update(piece);
    for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
    bytes += piece.length;
  };
  put(configurationPiece(configuration));
  const piece = new Uint8Array(pieceBytes);
  for (let done = 0; ; ) {
    let read: number;
    try {
      read = readSync(file, piece, 0, pieceBytes, done);
    } catch (cause) {
      return fail(failure("measure.unreadable", path, cause));
    }
    if (read === 0) break;
    put(piece.subarray(0, read));
    done += read;
    progress(Math.min(1, done / size));
  }
  return ok({ digest: new Uint8Array(hash.digest()), bytes, form });
}

function writeFailure(path: string, cause: unknown): Failure {
  if (isSystemError(cause, "EEXIST")) return failure("kit.file-exists", path, cause);
  return failure(isSystemError(cause, "ENOSPC", "EDQUOT") ? "files.disk-full" : "files.unwritable", path, cause);
}

const pieceBytes = 2 ** 22;
