// What are the digests of a kernel and an initrd, whatever their size? Read in pieces, the next one while the last is hashed, with a word now and then for
// whoever waits. The firmware is small and read whole: its pages are measured one by one.
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export interface FileDigest {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array;
  readonly bytes: number;
}

/** @param progress called with the share that is done, 0 to 1. `measure.unreadable`. */
export async function digestFile(path: string, progress: (share: number) => void = () => {}): Promise<Result<FileDigest>> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const stats = await file.stat();
    if (!stats.isFile()) return fail(failure("measure.unreadable", `${path} is no file`));
    const hash = createHash("sha256");
    let [piece, other] = [new Uint8Array(pieceLength), new Uint8Array(pieceLength)];
    let done = 0;
    let coming = file.read(piece);
    for (let read = await coming; read.bytesRead > 0; read = await coming) {
      coming = file.read(other);
      hash.update(piece.subarray(0, read.bytesRead));
      [piece, other] = [other, piece];
      done += read.bytesRead;
      progress(stats.size === 0 ? 1 : done / stats.size);
    }
    return ok({ digest: new Uint8Array(hash.digest()), bytes: done });
  } catch (cause) {
    return fail(failure("measure.unreadable", path, cause));
  } finally {
    await file?.close();
  }
}

/** Large enough that waiting for the next one costs nothing beside it, small enough to be in the processor's cache still when it is hashed. */
const pieceLength = 2 ** 21;
