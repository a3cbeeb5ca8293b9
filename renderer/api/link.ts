// By which road does the console reach the service? A MessagePort that the preload asks for in Electron, a WebSocket to the page's
// own origin elsewhere. The page holds the roles view and operate whichever it is; nothing here can ask for more.
// docs/electron-security.md, rows 18 and 19.
import { createORPCClient } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../core/api/contract.ts";

export type Client = ContractRouterClient<Contract>;

export interface Link {
  readonly client: Client;
  close(): void;
}

/** Resolves when the road is open; rejects where there is none. `onLost` is called once, when an open road ends. */
export type OpenLink = (onLost: () => void) => Promise<Link>;

/** What the preload puts on the page. The port itself comes as a message: it cannot cross the bridge as a value. */
interface Bridge {
  /** False where the service has no port to give. */
  connect(): Promise<boolean>;
}

declare global {
  interface Window {
    readonly portcullis?: Bridge;
  }
}

export const openLink: OpenLink = (onLost) => (window.portcullis === undefined ? openSocket(onLost) : openPort(window.portcullis, onLost));

function openSocket(onLost: () => void): Promise<Link> {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api`);
  const client: Client = createORPCClient(new SocketLink({ websocket: socket }));
  return new Promise((resolve, reject) => {
    let open = false;
    socket.addEventListener("open", () => {
      open = true;
      resolve({ client, close: () => socket.close() });
    });
    socket.addEventListener("close", () => (open ? onLost() : reject(new Error("the socket did not open"))));
  });
}

async function openPort(bridge: Bridge, onLost: () => void): Promise<Link> {
  const port = await portFrom(bridge);
  const client: Client = createORPCClient(new PortLink({ port }));
  port.addEventListener("close", onLost);
  port.start();
  return { client, close: () => port.close() };
}

function portFrom(bridge: Bridge): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      window.removeEventListener("message", take);
      reject(new Error("the service did not hand over a port"));
    };
    const timer = setTimeout(giveUp, portDeadline);
    const take = (event: MessageEvent): void => {
      const port = event.ports[0];
      // Only the preload, which shares this window, can post to it with a port; frames are refused by policy.
      if (event.source !== window || event.data !== portMessage || port === undefined) return;
      clearTimeout(timer);
      window.removeEventListener("message", take);
      resolve(port);
    };
    window.addEventListener("message", take);
    bridge.connect().then((given) => (given ? undefined : giveUp()), giveUp);
  });
}

/** What the preload says with the port (electron/preload). */
const portMessage = "portcullis-port";
const portDeadline = 10_000;
