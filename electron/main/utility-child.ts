// A utility process of Electron's as a Child: with a stated environment, no arguments of Node's, its output piped.
// SECURITY: rows 23 and 24. No unsigned library may be loaded into it on macOS.
import { createInterface } from "node:readline";
import { type MessagePortMain, utilityProcess } from "electron";
import type { Child, ForkOptions } from "./service-host.ts";

/** @param program absolute path of a bundled entry. @param args of ours. */
export function forkUtility(program: string, args: readonly string[], name: string, { env }: ForkOptions): Child<MessagePortMain> {
  const child = utilityProcess.fork(program, [...args], {
    env: { ...env },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe"],
    serviceName: name,
    allowLoadingUnsignedLibraries: false,
    respondToAuthRequestsFromMainProcess: false,
  });
  return {
    post: (message, ports) => child.postMessage(message, [...ports]),
    onMessage: (listener) => void child.on("message", listener),
    onLine(listener) {
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", listener);
    },
    onExit: (listener) => void child.once("exit", (code) => listener(code)),
    kill: () => void child.kill(),
  };
}
