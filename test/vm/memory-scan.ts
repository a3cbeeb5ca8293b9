// Is a key anywhere in a VM's memory? Reads QEMU's dump of all of it, page by page, with the detector of the redaction test. Tells which key and in which
// dress; never its bytes.
import { closeSync, openSync, readSync } from "node:fs";
import { KeyDetector, type Secrets } from "../proofs/key-detector.ts";

export interface Scan {
  /** Names of what was found. */
  readonly found: readonly string[];
  /** Bytes that were looked at, empty pages included. */
  readonly length: number;
}

export function scanMemory(dump: string, secrets: Secrets): Scan {
  const detector = new KeyDetector(secrets);
  const found = new Set<string>();
  const file = openSync(dump, "r");
  try {
    const piece = Buffer.alloc(pieceLength + overlap);
    let kept = 0;
    let length = 0;
    for (;;) {
      const read = readSync(file, piece, kept, pieceLength, null);
      if (read === 0) return { found: [...found].sort(), length };
      length += read;
      const filled = kept + read;
      for (const part of written(piece.subarray(0, filled))) for (const name of detector.findExact(part)) found.add(name);
      // What is longer than a key's longest dress may lie across two pieces.
      kept = Math.min(overlap, filled);
      piece.copyWithin(0, filled - kept, filled);
    }
  } finally {
    closeSync(file);
  }
}

/** The runs of pages that are not all zero: most of a VM's memory is empty. */
function* written(piece: Buffer): Generator<Buffer> {
  let start: number | undefined;
  for (let at = 0; at < piece.length; at += page) {
    const isEmpty = piece.subarray(at, at + page).equals(emptyPage.subarray(0, Math.min(page, piece.length - at)));
    if (!isEmpty) start ??= at;
    if (isEmpty && start !== undefined) {
      yield piece.subarray(start, at);
      start = undefined;
    }
  }
  if (start !== undefined) yield piece.subarray(start);
}

const page = 4096;
const emptyPage = Buffer.alloc(page);
const pieceLength = 4096 * page;
/** Eight bytes of a key are enough, and the longest dress of eight is below this. */
const overlap = page;
