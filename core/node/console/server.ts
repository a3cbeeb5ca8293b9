// The browser console of a headless manager: the known files, the one-time link, and the contract over a WebSocket, on loopback only.
// The page gets the operate role, never approve. docs/threat-model.md, "another page, another user". It reads no body of any request.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { answerPage, type PageFiles } from "../../api/page-files.ts";
import { pageHeaders } from "../../api/page-headers.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Connection } from "../service/connection.ts";
import { maximumMessage } from "../service/connection.ts";
import { ConsoleLinks, ConsoleSessions } from "./links.ts";
import { type NoticeName, noticePage } from "./pages.ts";
import { isOwnHost, isOwnOrigin, linkToken, sessionCookie, sessionToken, splitTarget } from "./requests.ts";
import { webSocketConnection } from "./web-socket.ts";

export interface ConsoleParts {
  readonly files: PageFiles;
  /** 0 or undefined: a free one. */
  readonly port?: number;
  /** Serves one authenticated WebSocket; the role is the caller's to fix, and is `operate`. */
  readonly onConnection: (connection: Connection) => void;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ConsoleHost {
  readonly port: number;
  /** Good for one use within ten minutes. */
  link(): { readonly url: string; readonly expiresAt: Instant };
  close(): Promise<void>;
}

export async function openConsole(parts: ConsoleParts): Promise<Result<ConsoleHost>> {
  const links = new ConsoleLinks(parts.random, parts.clock);
  const sessions = new ConsoleSessions(parts.random, parts.clock);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessage, perMessageDeflate: false, clientTracking: true });
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8_192 });
  server.maxConnections = 64;
  server.maxRequestsPerSocket = 1_000;
  let port = parts.port ?? 0;

  const knows = (request: IncomingMessage): boolean => {
    const token = sessionToken(request.headers.cookie, port);
    return token !== undefined && sessions.knows(token);
  };

  server.on("request", (request, response) => {
    const { path, query } = splitTarget(request.url ?? "");
    if (!isOwnHost(request.headers.host, port)) return refuse(response, 421);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    if (path === "/open") return request.method === "GET" ? openLink(query, response) : refuse(response, 405);
    if (!knows(request)) return path === "/" ? notice(response, 401, "no-session") : refuse(response, 401);
    const { status, headers, bytes } = answerPage(parts.files, "headless", request.method, path);
    response.writeHead(status, { ...headers, "content-length": bytes.length }).end(bytes);
  });

  const openLink = (query: string, response: ServerResponse): void => {
    const token = linkToken(query);
    const use = token === undefined ? "unknown" : links.take(token);
    parts.log.write(use === "accepted" ? "info" : "warn", "console.link", { state: use });
    if (use !== "accepted") return notice(response, 403, use);
    // 303 to a page of its own: the token stays in no history entry that a page could read.
    response.writeHead(303, { ...pageHeaders("headless"), location: "/", "set-cookie": sessionCookie(sessions.open(), port) }).end();
  };

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const allowed = request.url === "/api" && isOwnOrigin(request.headers, port) && knows(request) && sockets.clients.size < maximumSockets;
    if (!allowed) {
      parts.log.write("warn", "console.socket-refused");
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => parts.onConnection(webSocketConnection(webSocket)));
  });
  server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());

  const listening = await listen(server, port);
  if (!listening.ok) return listening;
  port = listening.value;
  return ok({
    port,
    link() {
      const { token, expiresAt } = links.issue();
      return { url: `http://${loopback}:${port}/open?token=${token}`, expiresAt };
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function notice(response: ServerResponse, status: number, name: NoticeName): void {
  response.writeHead(status, { ...pageHeaders("headless"), "content-type": "text/html; charset=utf-8" }).end(noticePage(name));
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...pageHeaders("headless"), "content-length": 0, connection: "close" }).end();
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<Result<number>> {
  return new Promise((resolve) => {
    const refused = (cause: Error): void => resolve(fail(failure("console.port-in-use", `${loopback}:${port}`, cause)));
    server.once("error", refused);
    server.listen({ host: loopback, port, exclusive: true }, () => {
      server.off("error", refused);
      const address = server.address();
      resolve(ok(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

const loopback = "127.0.0.1";
const maximumSockets = 16;
