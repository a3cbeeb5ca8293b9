// May keys go at this instant without a person? The policy's weekly times, in UTC. Never decides by itself: decide.ts asks.
import type { Instant } from "../base/clock.ts";
import { weekdays, type ReleaseTimes } from "../appraise/policy-demands.ts";

export function withinTimes(times: ReleaseTimes, at: Instant): boolean {
  if (times === "any") return true;
  const moment = new Date(at);
  // getUTCDay counts from Sunday. An instant that is no number has no day, and is in no time.
  const day = weekdays[(moment.getUTCDay() + 6) % 7];
  const minutes = moment.getUTCHours() * 60 + moment.getUTCMinutes();
  return times.open.some(
    ({ days, from, until }) => day !== undefined && days.includes(day) && minutes >= minutesOf(from) && minutes < minutesOf(until),
  );
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
