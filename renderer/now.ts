// What time is it, for the person who looks? Shown times only: every deadline that counts is the service's. One timer for the whole page.
import { useSyncExternalStore } from "react";

/** Milliseconds since 1970, renewed every second while a component asks for it. */
export function useSecond(): number {
  return useSyncExternalStore(listen, currentSecond);
}

/** The same, renewed twice a minute: enough for "3 minutes ago". */
export function useHalfMinute(): number {
  return useSyncExternalStore(listen, () => Math.floor(currentSecond() / 30_000) * 30_000);
}

function currentSecond(): number {
  return Math.floor(Date.now() / 1000) * 1000;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
