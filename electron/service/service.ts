// The entry of the service process: the port to the main process, and the service on it.
import { runService } from "./run-service.ts";

const close = await runService(
  {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port is between two processes, and has no origin.
    tell: (message) => process.parentPort.postMessage(message),
    onMessage: (listener) => process.parentPort.on("message", ({ data, ports: [port] }) => listener(data, port)),
  },
  process.argv.slice(2),
);
// Main ends us with a signal; sessions are told before we go.
if (close !== undefined) process.once("SIGTERM", () => void close().finally(() => process.exit(0)));
