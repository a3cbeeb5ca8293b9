// What does a caller get who does not want to wait for all of it? The answer of the work, or another one after a while; the work goes on.
import { systemTimers } from "../timers.ts";

export function orAfter<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = systemTimers.after(ms, () => resolve(otherwise));
    work.then(resolve, reject).finally(cancel);
  });
}
