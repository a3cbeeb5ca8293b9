// A thread that kills its own process: also in the middle of a call that blocks the manager's thread, as a synced commit does.
import { workerData } from "node:worker_threads";

/** [0] is 1 once the clock runs; [1] is the time until death, in microseconds. */
const signal = new Int32Array((workerData as { readonly shared: SharedArrayBuffer }).shared);

Atomics.wait(signal, 0, 0);
const until = performance.now() + Atomics.load(signal, 1) / 1000;
while (performance.now() < until);
process.kill(process.pid, "SIGKILL");
