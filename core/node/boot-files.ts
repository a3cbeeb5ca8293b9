// What are the digests of a kernel and an initrd, whatever their size? Read in pieces, with a word now and then for whoever waits.
// The firmware is small and read whole: its pages are measured one by one.
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export interface FileDigest {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array;
  readonly bytes: number;
}

/** @param progress called with the share that is done, 0 to 1. `measure.unreadable`. */
export function digestFile(path: string, progress: (share: number) => void = () => {}): Result<FileDigest> {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stats = fstatSync(file);
    if (!stats.isFile()) return fail(failure("measure.unreadable", `${path} is no file`));
    const hash = createHash("sha256");
    const piece = new Uint8Array(pieceLength);
    let done = 0;
    // One piece after the other, on this thread: pieces that other threads read come from memory that the processor's cache has lost, and cost more.
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      hash.update(read === pieceLength ? piece : piece.subarray(0, read));
      done += read;
      progress(done / Math.max(done, stats.size));
    }
    return ok({ digest: new Uint8Array(hash.digest()), bytes: done });
  } catch (cause) {
    return fail(failure("measure.unreadable", path, cause));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Small enough to be in the processor's cache still when it is hashed. */
const pieceLength = 2 ** 20;
