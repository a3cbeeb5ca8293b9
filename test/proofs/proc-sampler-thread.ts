// The thread of proc-sampler.ts: walks the tree of processes below one, and keeps each command line and environment that it has not seen before.
import { readdirSync, readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Sampled } from "./proc-sampler.ts";

const { root } = workerData as { readonly root: number };
const seen = new Map<string, Sampled>();

const timer = setInterval(() => {
  for (const pid of below(root)) look(pid);
}, 2);
parentPort?.once("message", () => {
  clearInterval(timer);
  parentPort?.postMessage([...seen.values()], []);
});
parentPort?.postMessage("started", []);

function look(pid: string): void {
  const command = read(`/proc/${pid}/cmdline`);
  const known = `${pid} ${command}`;
  if (command === "" || seen.has(known)) return;
  seen.set(known, { command, environment: read(`/proc/${pid}/environ`) });
}

function* below(pid: number | string): Generator<string> {
  for (const thread of list(`/proc/${pid}/task`)) {
    for (const child of read(`/proc/${pid}/task/${thread}/children`).split(" ")) {
      if (child === "") continue;
      yield child;
      yield* below(child);
    }
  }
}

/** Binary as Latin-1: no byte is lost. A process that has just ended is none. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
