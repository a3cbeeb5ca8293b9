// How does the command line reach a running manager? A Unix socket in the data folder, which only its owner's account can open, with the same
// contract and the approve role: whoever can open it could read the data folder anyway. Windows would need a named pipe: not built, and said so.
import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { WebSocketServer } from "ws";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { webSocketConnection } from "../console/web-socket.ts";
import type { Connection } from "./connection.ts";
import { maximumMessage } from "./connection.ts";
import { controlSocketPath } from "./data-folder.ts";

export interface ControlSocket {
  close(): Promise<void>;
}

/** Call only while this process holds the data folder's store: what lies at the path is then a dead manager's, and is removed. */
export async function openControlSocket(
  dataFolder: string,
  onConnection: (connection: Connection) => void,
): Promise<Result<ControlSocket>> {
  const path = controlSocketPath(dataFolder);
  if (process.platform === "win32") return fail(failure("service.control-socket", "Windows has no such socket here yet"));
  if (await answers(path)) return fail(failure("store.in-use", path));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumMessage, perMessageDeflate: false });
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.maxConnections = 32;
  server.on("upgrade", (request, socket, head) => {
    // A browser cannot open a Unix socket; something that relays one for a browser would send an Origin.
    if (request.url !== "/api" || request.headers.origin !== undefined) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (webSocket) => onConnection(webSocketConnection(webSocket)));
  });
  const refused = await new Promise<Error | undefined>((resolve) => {
    rmSync(path, { force: true });
    server.once("error", resolve);
    server.listen({ path }, () => resolve(undefined));
  });
  if (refused !== undefined) return fail(failure("service.control-socket", path, refused));
  // The folder is 0700, so nobody else can have come in between.
  chmodSync(path, 0o600);
  return ok({
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
