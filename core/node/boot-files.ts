// What are the digests of a kernel and an initrd, whatever their size? Read in pieces, the next ones while one is hashed, with a word now and then for
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
    return await digestPieces(file, (done) => progress(stats.size === 0 ? 1 : done / stats.size));
  } catch (cause) {
    return fail(failure("measure.unreadable", path, cause));
  } finally {
    await file?.close();
  }
}

async function digestPieces(file: FileHandle, progress: (done: number) => void): Promise<Result<FileDigest>> {
  const hash = createHash("sha256");
  let [asked, done] = [0, 0];
  const ask = (piece: Uint8Array) => {
    asked += pieceLength;
    const reading = file.read(piece, 0, pieceLength, asked - pieceLength);
    // A disk that fails fails all of them: the first is told, and the others must not end the process.
    reading.catch(() => {});
    return reading;
  };
  const coming = Array.from({ length: piecesAhead }, () => ask(new Uint8Array(pieceLength)));
  for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
    const { bytesRead, buffer } = await next;
    if (bytesRead === 0) continue;
    // Each piece is asked for by its place: behind a short one there can be nothing, unless the file grows.
    if (done % pieceLength !== 0) return fail(failure("measure.unreadable", "the file changed while it was read"));
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
    progress(done);
    if (bytesRead === pieceLength) coming.push(ask(buffer));
  }
  return ok({ digest: new Uint8Array(hash.digest()), bytes: done });
}

/** Small enough to be in the processor's cache still when it is hashed. */
const pieceLength = 2 ** 20;
/** Enough to hash on while the readers, which are other threads, wait for a core. */
const piecesAhead = 4;
