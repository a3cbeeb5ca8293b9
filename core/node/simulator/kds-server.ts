// Carries the simulated key distribution service over HTTP on loopback, and delivers its faults for real: slow, cut off, or never.
// Never listens beyond this machine.
import { createServer } from "node:http";
import { ok } from "../../base/result.ts";
import { listen, stop } from "./listening.ts";
import type { ServerResponse } from "node:http";
import type { Result } from "../../base/result.ts";
import type { KdsAnswer, SimulatedKds } from "../../simulator/kds.ts";

export interface KdsServerParts {
  readonly kds: SimulatedKds;
  /** A free one unless given. */
  readonly port?: number;
  /** Milliseconds over which a slow answer is spread. */
  readonly slowness?: number;
  /** Told path and query of every request. */
  readonly onRequest?: (target: string) => void;
}

export interface KdsServer {
  /** What takes the place of AMD's address, e.g. `http://127.0.0.1:40123`. */
  readonly origin: string;
  close(): Promise<void>;
}

export async function startKdsServer({
  kds,
  port = 0,
  slowness = 10_000,
  onRequest = () => {},
}: KdsServerParts): Promise<Result<KdsServer>> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    const target = request.url ?? "";
    onRequest(target);
    if (request.method !== "GET") return response.writeHead(405).end();
    return deliver(response, kds.answer(request.socket.remoteAddress ?? "", target), slowness);
  });
  server.maxConnections = 64;
  const listening = await listen(server, { host: loopback, port });
  if (!listening.ok) return listening;
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : port;
  return ok({
    origin: `http://${loopback}:${taken}`,
    async close() {
      server.closeAllConnections();
      await stop(server);
    },
  });
}

function deliver(response: ServerResponse, { status, contentType, body, delivery }: KdsAnswer, slowness: number): void {
  if (delivery === "never") return;
  response.writeHead(status, { "content-type": contentType, "content-length": body.length });
  if (delivery === "whole") response.end(body);
  else if (delivery === "truncated") response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  else drip(response, body, slowness);
}

function drip(response: ServerResponse, body: Uint8Array, slowness: number): void {
  const step = Math.ceil(body.length / drops);
  let at = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + step));
    at += step;
    if (at < body.length) return;
    clearInterval(timer);
    response.end();
  }, slowness / drops);
  response.once("close", () => clearInterval(timer));
}

const loopback = "127.0.0.1";
const drops = 20;
