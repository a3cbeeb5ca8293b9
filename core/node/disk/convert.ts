// How is an image encrypted in place so that it may be killed at any moment? Each step leaves what the next run needs: the journal says which step is
// durable, and the image itself holds the rest. Nothing is overwritten before its copy is durable.
import { failure } from "../../base/failure.ts";
import { type Fail, fail, ok, type Result } from "../../base/result.ts";
import { copyWithin, digestAt, setLength, syncFile } from "./bytes.ts";
import { beginEncryption, conversionRoom, goOnEncrypting, headerRoom, isEncrypted, type LuksParts, tryKey } from "./luks.ts";
import type { Image } from "./image.ts";
import type { Journal, WorkFolder } from "./work-folder.ts";

export interface Conversion {
  readonly luks: LuksParts;
  readonly work: WorkFolder;
  /** With no symbolic link in it. */
  readonly image: string;
  readonly signal: AbortSignal;
  readonly onStep: (phase: "starting" | "encrypting", share: number) => void;
}

/** The journal of a conversion that begins. Changes nothing. */
export async function newJournal({ path, size, content }: Image, owner: Pick<Journal, "vm" | "disk">): Promise<Journal> {
  // With larger sectors the opened disk could not be read in the pieces that its content was made of.
  const large = content.kind === "filesystem" && content.blockSize >= 4096 && content.blockSize % 4096 === 0 && size % 4096 === 0;
  return {
    ...owner,
    originalSize: size,
    sectorSize: large ? 4096 : 512,
    headDigest: await digestAt(path, 0, headerRoom),
    stage: "begun",
  };
}

/** From wherever `journal` says that it was. Ok: all of it is encrypted, and the opened disk is as large as the image was. */
export async function convert(conversion: Conversion, journal: Journal): Promise<Result<void>> {
  const { luks, work, image, signal, onStep } = conversion;
  if (journal.stage === "begun") {
    onStep("starting", 0);
    const begun = await begin(conversion, journal);
    if (!begun.ok) return (await undo(conversion, journal)) ?? begun;
    // CRASH: before this line the next run puts the old beginning back and starts over; after it, cryptsetup alone knows how far it is.
    const written = work.write({ ...journal, stage: "encrypting" });
    if (!written.ok) return written;
  }
  const opens = await tryKey(luks, image);
  if (!opens.ok) return opens;
  const before = await isEncrypted(luks, image);
  if (!before.ok) return before;
  if (!before.value) {
    onStep("encrypting", 0);
    const encrypted = await goOnEncrypting(luks, image, { signal, onShare: (share) => onStep("encrypting", share) });
    const after = await isEncrypted(luks, image);
    // One that was told to stop may have been done just before.
    if (!after.ok || !after.value)
      return encrypted.ok ? fail(failure("disk.cryptsetup", "it says that it is done, and is not")) : encrypted;
  }
  // What is behind the data held the old beginning until now.
  await setLength(image, headerRoom + journal.originalSize);
  return ok(undefined);
}

async function begin({ luks, work, image, signal }: Conversion, { originalSize, sectorSize, headDigest }: Journal): Promise<Result<void>> {
  const moved = originalSize + headerRoom;
  if ((await digestAt(image, 0, headerRoom)) !== headDigest) {
    // A run before this one was killed while it wrote the header; what was there is where cryptsetup, and we before it, have copied it to.
    if ((await digestAt(image, moved, headerRoom)) !== headDigest) return fail(failure("disk.journal", `${image} was changed meanwhile`));
    await copyWithin(image, moved, 0, headerRoom);
  }
  work.clearScraps();
  if (signal.aborted) return fail(failure("disk.cancelled"));
  await setLength(image, originalSize + conversionRoom);
  await copyWithin(image, 0, moved, headerRoom);
  const begun = await beginEncryption(luks, image, sectorSize);
  if (begun.ok) await syncFile(image);
  return begun;
}

/** Where nothing was written over yet, the image becomes what it was, and nothing is to be gone on with. @returns why that cannot be. */
async function undo({ work, image }: Conversion, { originalSize, headDigest }: Journal): Promise<Fail | undefined> {
  if ((await digestAt(image, 0, headerRoom)) !== headDigest) return fail(failure("disk.half-done", image));
  await setLength(image, originalSize);
  work.finish();
  return undefined;
}
