// One of Electron's ports as a Connection of the service. A Node MessagePort has the same shape, so that the tests use real ones.
import type { Connection } from "../../core/node/service/connection.ts";

/** What is asked of MessagePortMain, and of Node's MessagePort through a thin wrapper. */
export interface PortMain {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  start(): void;
  close(): void;
}

export function portConnection(port: PortMain): Connection {
  return {
    send: (message) => port.postMessage(message),
    onMessage(listener) {
      // What is no text is no message of the contract; the service then ends the connection.
      port.on("message", ({ data }) => listener(typeof data === "string" ? data : new Uint8Array(0)));
      port.start();
    },
    onClose: (listener) => void port.on("close", listener),
    close: () => port.close(),
  };
}
