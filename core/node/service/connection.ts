// How does one connection speak the contract? The same server side for a MessagePort, a WebSocket and a Unix socket: messages in, messages out.
// The role is fixed here, once, by whoever accepted the connection, and is never asked of the peer. docs/electron-security.md, row 19.
import { RPCHandler } from "@orpc/server/ws";
import type { Role } from "../../api/roles.ts";
import type { Log } from "../../base/log.ts";
import { type Caller, makeCaller } from "./api.ts";
import type { ServiceRouter } from "./router.ts";

export interface Connection {
  send(message: string | Uint8Array): void;
  /** Called once, before the first message can arrive. */
  onMessage(listener: (message: string | Uint8Array) => void): void;
  onClose(listener: () => void): void;
  /** For a peer that does not keep to the protocol. */
  close(): void;
}

export function serveConnection(router: ServiceRouter, connection: Connection, role: Role, log: Log): void {
  // SECURITY: row 19
  const caller = makeCaller(role);
  const handler = new RPCHandler<Caller>(router);
  const listeners: MessageListener[] = [];
  connection.onMessage((message) => {
    if (!isMessage(message)) {
      log.write("warn", "connection.misbehaved", { role, bytes: message.length });
      connection.close();
      return;
    }
    for (const listener of listeners) listener({ data: message });
  });
  const peer = {
    send: (message: string | Uint8Array) => connection.send(message),
    addEventListener(type: "message" | "close", listener: MessageListener) {
      if (type === "message") listeners.push(listener);
      else connection.onClose(() => listener({ data: "" }));
    },
  };
  void handler.upgrade(peer as unknown as UpgradePeer, { context: caller });
}

type MessageListener = (event: { readonly data: string | Uint8Array }) => void;
type UpgradePeer = Parameters<RPCHandler<Caller>["upgrade"]>[0];

/** Every question of the contract is one JSON object; it has no binary fields. Looked at here, because the library logs what it cannot read. */
function isMessage(message: string | Uint8Array): boolean {
  if (typeof message !== "string" || message.length > maximumMessage) return false;
  try {
    const parsed: unknown = JSON.parse(message);
    return typeof parsed === "object" && parsed !== null && "i" in parsed && typeof parsed.i === "string" && isPayload(parsed);
  } catch {
    return false;
  }
}

/** A cancellation (`t` 4) has no payload; a question names its path. */
function isPayload(message: object): boolean {
  if ("p" in message) return typeof message.p === "object" && message.p !== null;
  return "t" in message;
}

/** Characters: twice the longest policy, with its quotes escaped, and its envelope. */
export const maximumMessage = 262_144;
