// One WebSocket as a Connection: text messages both ways. Silence is noticed: a peer that does not answer two pings is gone.
import type { WebSocket } from "ws";
import type { Connection } from "../service/connection.ts";

export function webSocketConnection(webSocket: WebSocket): Connection {
  let answered = true;
  const beat = setInterval(() => {
    if (!answered) return webSocket.terminate();
    answered = false;
    webSocket.ping();
  }, pingInterval);
  webSocket.on("pong", () => {
    answered = true;
  });
  webSocket.on("close", () => clearInterval(beat));
  // Without a listener a broken socket would end the program; "close" follows.
  webSocket.on("error", () => {});
  return {
    send(message) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      // A peer that does not read may not make us keep what it does not take.
      if (webSocket.bufferedAmount > maximumBuffered) webSocket.terminate();
      else webSocket.send(message);
    },
    onMessage(listener) {
      webSocket.on("message", (message, isBinary) => listener(isBinary ? new Uint8Array(0) : (message as Buffer).toString("utf8")));
    },
    onClose(listener) {
      webSocket.on("close", listener);
    },
    close() {
      webSocket.close(1002);
    },
  };
}

const pingInterval = 30_000;
const maximumBuffered = 8 * 1024 * 1024;
