// The thread in which batches run, so that a hang can be seen and ended from outside, and a leak ends this thread and not the program.
import { parentPort, workerData } from "node:worker_threads";
import { type Batch, examine, type Replay, runBatch } from "./batch.ts";
import { targetNamed } from "./targets.ts";

if (parentPort === null) throw new Error("this file is a worker");
const port = parentPort;
const progress = new Int32Array(workerData as SharedArrayBuffer);

port.on("message", (work: Batch | Replay) => {
  const target = targetNamed(work.target);
  if (target === undefined) throw new Error(`there is no target ${work.target}`);
  port.postMessage("input" in work ? { what: examine(target, work.input).what } : runBatch(target, work, progress));
});
// Said once everything is loaded: the watch begins here.
port.postMessage("ready");
