// What does a person read while a launch waits for certificates? One sentence for the terminal and the console. It promises an end, not a start:
// the time is the longest that the wait can take.
import type { LaunchSummary } from "./schemas.ts";

type Waiting = NonNullable<LaunchSummary["waitingFor"]>;

/** @param at milliseconds since 1970. */
export function waitingSentence({ until, ahead }: Waiting, at: number): string {
  const left = Date.parse(until) - at;
  const parts = [...(ahead === undefined ? [] : [placeOf(ahead)]), left <= 0 ? "any moment now" : `at most ${spoken(left)}`];
  return `Waiting for AMD's key service: ${parts.join(", ")}`;
}

function placeOf(ahead: number): string {
  if (ahead === 0) return "next in line";
  return `${ahead} ${ahead === 1 ? "request" : "requests"} ahead`;
}

/** Rounded up: nobody is told too little. */
function spoken(ms: number): string {
  if (ms <= minute) return "a minute";
  return `${Math.ceil(ms / minute)} minutes`;
}

const minute = 60_000;
