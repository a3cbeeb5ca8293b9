// Are the bytes of a file the same as they were? By their digest, so that nobody has to keep the bytes: a disk's header is as long as 32 MiB.
// Reads in pieces, and never more than it was allowed.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** @returns SHA-256 of the file; long: it has more bytes than `most`; cut: because of the signal. */
export async function fingerprintOf(path: string, most: number, signal: AbortSignal): Promise<Uint8Array | "long" | "unreadable" | "cut"> {
  const hash = createHash("sha256");
  let length = 0;
  try {
    // One byte more than is allowed says that there is more.
    for await (const piece of createReadStream(path, { end: most, highWaterMark: pieceLength, signal })) {
      const bytes = piece as Uint8Array;
      length += bytes.length;
      hash.update(bytes);
    }
  } catch {
    return signal.aborted ? "cut" : "unreadable";
  }
  return length > most ? "long" : new Uint8Array(hash.digest());
}

const pieceLength = 2 ** 20;
