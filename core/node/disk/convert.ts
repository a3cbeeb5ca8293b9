// How is an image encrypted in place so that it may be killed at any moment? First its content moves up by the header's room, from its end; then cryptsetup
// encrypts it piece by piece, with checksums. The journal says how far the first is, the image's own header how far the second. (cryptsetup's own
// way of moving, --reduce-device-size, cannot go on where version 2.6.1 was killed in its last piece.)
import { join } from "node:path";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { copyFileOver, copyWithin, setLength } from "./bytes.ts";
import type { Image } from "./image.ts";
import { beginEncryption, goOnEncrypting, headerRoom, isEncrypted, type LuksParts, tryKey } from "./luks.ts";
import type { Journal, WorkFolder } from "./work-folder.ts";

export interface Conversion {
  readonly luks: LuksParts;
  readonly work: WorkFolder;
  /** With no symbolic link in it. */
  readonly image: string;
  readonly signal: AbortSignal;
  readonly onStep: (phase: "moving" | "encrypting", share: number) => void;
}

/** The journal of a conversion that begins. */
export function newJournal({ size, content }: Image, owner: Pick<Journal, "vm" | "disk">): Journal {
  // With larger sectors the opened disk could not be read in the pieces that its content was made of.
  const large = content.kind === "filesystem" && content.blockSize >= 4096 && content.blockSize % 4096 === 0 && size % 4096 === 0;
  return { ...owner, originalSize: size, sectorSize: large ? 4096 : 512, stage: "moving", unmoved: size };
}

/** From wherever `journal` says that it was. Ok: all of it is encrypted, and the opened disk is as large as the image was. */
export async function convert(conversion: Conversion, journal: Journal): Promise<Result<void>> {
  const { luks, work, image, signal, onStep } = conversion;
  if (journal.stage === "moving") {
    const moved = await move(conversion, journal);
    if (!moved.ok) return moved;
    const begun = await putHeader(conversion, journal);
    if (!begun.ok) return begun;
    // CRASH: before this line the next run makes another header; nothing is encrypted yet. After it, the header in the image alone knows.
    const written = work.write({ ...journal, stage: "encrypting", unmoved: 0 });
    if (!written.ok) return written;
    work.clearScraps();
  }
  const opens = await tryKey(luks, image);
  if (!opens.ok) return opens;
  if (signal.aborted) return fail(failure("disk.cancelled"));
  onStep("encrypting", 0);
  const encrypted = await goOnEncrypting(luks, image, { signal, onShare: (share) => onStep("encrypting", share) });
  const after = await isEncrypted(luks, image);
  if (!after.ok) return after;
  if (after.value) {
    // cryptsetup writes whole blocks of 4096 bytes, and what is behind the content would move the end of a partition table.
    await setLength(image, headerRoom + journal.originalSize);
    // One that was told to stop may have been done just before.
    return ok(undefined);
  }
  return encrypted.ok ? fail(failure("disk.cryptsetup", "it says that it is done, and is not")) : encrypted;
}

/**
 * CRASH: a piece is written where only pieces were that have moved already, and the journal lets go of its old place only when it is durable in the new
 * one: whichever piece was under way is moved again.
 */
async function move({ work, image, signal, onStep }: Conversion, journal: Journal): Promise<Result<void>> {
  await setLength(image, journal.originalSize + headerRoom);
  for (let { unmoved } = journal; unmoved > 0; ) {
    onStep("moving", 1 - unmoved / journal.originalSize);
    if (signal.aborted) return fail(failure("disk.cancelled"));
    const from = Math.max(0, unmoved - headerRoom);
    await copyWithin(image, from, from + headerRoom, unmoved - from);
    unmoved = from;
    const written = work.write({ ...journal, unmoved });
    if (!written.ok) return written;
  }
  return ok(undefined);
}

/** In the room that is free now. Made in the work folder first, because cryptsetup puts no header before data that it did not move itself. */
async function putHeader({ luks, work, image }: Conversion, { sectorSize }: Journal): Promise<Result<void>> {
  work.clearScraps();
  const header = join(work.path, "new-header");
  const begun = await beginEncryption(luks, image, header, sectorSize);
  if (!begun.ok) return begun;
  return (await copyFileOver(header, image, headerRoom))
    ? ok(undefined)
    : fail(failure("disk.cryptsetup", "its header has another length"));
}
