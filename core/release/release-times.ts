// May keys go at this instant without a person? The policy's weekly times, in UTC. Never decides by itself: decide.ts asks.
import type { Instant } from "../base/clock.ts";
import type { ReleaseTimes, Weekday } from "../appraise/policy-demands.ts";

export function withinTimes(times: ReleaseTimes, at: Instant): boolean {
  if (times === "any") return true;
  const moment = new Date(at);
  // An instant that is no number has no day, and is in no time.
  const day = days[moment.getUTCDay()];
  const minutes = moment.getUTCHours() * 60 + moment.getUTCMinutes();
  return times.open.some(
    ({ days: open, from, until }) => day !== undefined && open.includes(day) && minutes >= minutesOf(from) && minutes < minutesOf(until),
  );
}

/** As getUTCDay counts them. */
const days: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
