// How is a simulated processor asked through a character device, a virtio port in a VM? Frames as on the socket (core/simulator/port-codec.ts).
// Must never block in the kernel: a read that hangs in Node's thread pool would keep the process from ending, so the port is polled.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { failure } from "../../core/base/failure.ts";
import { type Result, fail, ok } from "../../core/base/result.ts";
import { FrameSplitter, maximumAnswer, type PortAnswer, parsePortAnswer } from "../../core/simulator/port-codec.ts";

/** @param patience milliseconds for the whole answer. */
export async function askPort(path: string, request: Uint8Array, patience: number): Promise<Result<PortAnswer>> {
  const deadline = performance.now() + patience;
  try {
    await using port = await open(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    // What an earlier request left there, when it was given up.
    const piece = new Uint8Array(pieceLength);
    while ((await readSome(port, piece)) > 0) if (performance.now() > deadline) return late(path);
    let written = 0;
    while (written < request.length) {
      written += await nowOr(port.write(request, written), ({ bytesWritten }) => bytesWritten);
      if (written < request.length && !(await later(deadline))) return late(path);
    }
    const splitter = new FrameSplitter(maximumAnswer);
    const bodies: Uint8Array[] = [];
    for (;;) {
      const length = await readSome(port, piece);
      if (length === 0) {
        // Nothing yet, or nobody at the other end of the port.
        if (!(await later(deadline))) return late(path);
        continue;
      }
      const frames = splitter.push(piece.slice(0, length));
      if (!frames.ok) return frames;
      bodies.push(...frames.value);
      const answer = parsePortAnswer(bodies);
      if (!answer.ok) return answer;
      if (answer.value !== undefined) return ok(answer.value);
    }
  } catch (cause) {
    return fail(failure("simulator.processor-unavailable", `${path}: cannot be used`, cause));
  }
}

function readSome(port: FileHandle, piece: Uint8Array): Promise<number> {
  return nowOr(port.read(piece, 0, piece.length, null), ({ bytesRead }) => bytesRead);
}

/** @returns 0 where the port is not ready. */
async function nowOr<T>(attempt: Promise<T>, count: (done: T) => number): Promise<number> {
  try {
    return count(await attempt);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw cause;
  }
}

/** @returns false once the deadline has passed. */
async function later(deadline: number): Promise<boolean> {
  await sleep(pollMilliseconds);
  return performance.now() < deadline;
}

function late(path: string): Result<never> {
  return fail(failure("simulator.processor-unavailable", `${path}: no answer in time`));
}

const pollMilliseconds = 5;
const pieceLength = 16_384;
