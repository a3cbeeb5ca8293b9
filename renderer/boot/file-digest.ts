// What is the digest of a file, whatever its size? Read in pieces and digested in slices, so that the page stays responsive; it can be stopped.
// Never keeps more of the file than one piece.
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../core/base/bytes.ts";
import { failure } from "../../core/base/failure.ts";
import { fail, ok, type Result } from "../../core/base/result.ts";
import { type MeasuredFirmware, type BootFile, firmwareFileSteps } from "../../core/measure/boot-set.ts";
import { maximumFirmware } from "../../core/measure/firmware.ts";
import { pagePrimitives } from "./primitives.ts";

/** @param progress called with the share that is done, 0 to 1. @returns undefined where it was stopped. `measure.unreadable`. */
export async function digestFile(
  file: File,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<Result<BootFile> | undefined> {
  const hash = sha256.create();
  let bytes = 0;
  try {
    for await (const piece of piecesOf(file, signal)) {
      for (let at = 0; at < piece.length; at += sliceLength) {
        hash.update(piece.subarray(at, at + sliceLength));
        await breath();
        if (signal.aborted) return undefined;
      }
      bytes += piece.length;
      progress(file.size === 0 ? 1 : bytes / file.size);
    }
  } catch (cause) {
    return signal.aborted ? undefined : fail(failure("measure.unreadable", file.name, cause));
  }
  return ok({ name: file.name.slice(0, longestName), sha256: toHex(hash.digest()), bytes });
}

/** Firmware is small: read whole, its pages measured one by one. A file that is too large to be one is not read. */
export async function measureFirmware(
  file: File,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<Result<MeasuredFirmware> | undefined> {
  if (file.size > maximumFirmware) return fail(failure("measure.firmware-malformed", `${file.size} bytes`));
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const steps = firmwareFileSteps(file.name.slice(0, longestName), bytes, pagePrimitives);
    for (;;) {
      await breath();
      if (signal.aborted) return undefined;
      const step = steps.next();
      if (step.done === true) return step.value;
      progress(step.value);
    }
  } catch (cause) {
    return fail(failure("measure.unreadable", file.name, cause));
  }
}

async function* piecesOf(file: File, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let read = await reader.read(); !read.done && !signal.aborted; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}

/** Lets the browser draw and take input: a task of its own, without the pause that timers have. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** About 4 ms of work. */
const sliceLength = 2 ** 20;
/** The contract's own limit. */
const longestName = 200;
