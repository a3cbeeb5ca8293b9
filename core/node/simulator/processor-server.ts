// The simulated security processor's door: a Unix socket outside the guest, as real hardware stands outside it. Answers one request at a
// time in the frames of core/simulator/port-codec.ts, and closes on anything else, on slowness and on crowds.
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { FrameSplitter, encodePortAnswer, maximumRequest, parsePortRequest } from "../../simulator/port-codec.ts";
import { listen, stop } from "./listening.ts";
import type { Socket } from "node:net";
import type { Result } from "../../base/result.ts";
import type { Signer } from "../../snp/report.ts";
import type { SimulatedGuest } from "../../simulator/processor.ts";

export interface ProcessorServerParts {
  readonly guest: Pick<SimulatedGuest, "report" | "certTable">;
  /** Of the socket; nothing may be there yet. Put it in a folder that only this user can enter. */
  readonly path: string;
  /** Which key answers; "vcek" unless given. */
  readonly signer?: Signer;
  readonly limits?: Partial<ProcessorServerLimits>;
}

export interface ProcessorServerLimits {
  readonly connections: number;
  /** Milliseconds from the first byte of a request to its last. */
  readonly request: number;
  /** Milliseconds without a request; long, because a guest may boot slowly. */
  readonly idle: number;
}

export interface ProcessorServer {
  readonly path: string;
  close(): Promise<void>;
}

export async function startProcessorServer({
  guest,
  path,
  signer = "vcek",
  limits,
}: ProcessorServerParts): Promise<Result<ProcessorServer>> {
  const { connections, ...deadlines } = { ...usualLimits, ...limits };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, deadlines, (request) => {
      const parsed = parsePortRequest(request);
      if (!parsed.ok) return undefined;
      return encodePortAnswer({ report: guest.report({ ...parsed.value, signer }), certificates: guest.certTable(signer) });
    });
  });
  server.maxConnections = connections;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await stop(server);
  };
  const listening = await listen(server, { path });
  if (!listening.ok) return listening;
  try {
    // A Windows pipe has no mode.
    if (process.platform !== "win32") await chmod(path, 0o600);
  } catch (cause) {
    await close();
    return fail(failure("simulator.address-unusable", path, cause));
  }
  return ok({ path, close });
}

/** @param answer undefined where the request is not in its form. */
function serve(
  socket: Socket,
  deadlines: Pick<ProcessorServerLimits, "request" | "idle">,
  answer: (request: Uint8Array) => Uint8Array | undefined,
): void {
  const splitter = new FrameSplitter(maximumRequest);
  let timer = setTimeout(() => socket.destroy(), deadlines.idle);
  const waitFor = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), milliseconds);
  };
  socket.on("data", (piece) => {
    const wasPartial = splitter.partial;
    const frames = splitter.push(new Uint8Array(piece as Buffer));
    // A second request before the first was answered is misuse: it would let a peer queue work without bound.
    if (!frames.ok || frames.value.length > 1 || (frames.value.length === 1 && splitter.partial)) return socket.destroy();
    const [request] = frames.value;
    if (request === undefined) return wasPartial ? undefined : waitFor(deadlines.request);
    const answered = answer(request);
    if (answered === undefined) return socket.destroy();
    waitFor(deadlines.idle);
    // Not asked again before the peer has taken the answer.
    socket.pause();
    socket.write(answered, () => socket.resume());
  });
  // The peer's departure is no event here; "close" follows.
  socket.on("error", () => {});
  socket.on("close", () => clearTimeout(timer));
}

const usualLimits: ProcessorServerLimits = { connections: 8, request: 5_000, idle: 300_000 };
