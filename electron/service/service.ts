// The entry of the service process: the port to the main process, and the service on it.
import { runService } from "./run-service.ts";

await runService({
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port is between two processes, and has no origin.
  tell: (message) => process.parentPort.postMessage(message),
  onMessage: (listener) => process.parentPort.on("message", ({ data, ports: [port] }) => listener(data, port)),
});
