// When was it, and how long is left? Relative for the eye, exact on demand; a countdown is spoken only at its milestones.
import { useHalfMinute, useSecond } from "../now.ts";

/** @param at RFC 3339. */
export function When({ at }: { readonly at: string }) {
  const now = useHalfMinute();
  return (
    <time dateTime={at} title={exactly(at)}>
      {ago(Date.parse(at) - now)}
    </time>
  );
}

/** Both forms side by side, where there is room. */
export function WhenExactly({ at }: { readonly at: string }) {
  return (
    <>
      <When at={at} /> <span className="quiet">({exactly(at)})</span>
    </>
  );
}

export function Countdown({ until, what }: { readonly until: string; readonly what: string }) {
  const left = Math.max(0, Math.floor((Date.parse(until) - useSecond()) / 1000));
  const milestone = milestones.findLast((seconds) => left <= seconds);
  return (
    <span className={`countdown${left <= 30 ? " countdown-short" : ""}`}>
      <time dateTime={`PT${left}S`} title={exactly(until)}>
        {clockFace(left)}
      </time>
      <output className="hidden">
        {milestone === undefined ? "" : milestone === 0 ? `${what}: time is up` : `${what}: less than ${spoken(milestone)} left`}
      </output>
    </span>
  );
}

export function exactly(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

function clockFace(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function spoken(seconds: number): string {
  return seconds >= 60 ? `${seconds / 60} ${seconds === 60 ? "minute" : "minutes"}` : `${seconds} seconds`;
}

function ago(milliseconds: number): string {
  if (Math.abs(milliseconds) < 45_000) return "just now";
  const [unit, size] = units.find(([, length]) => Math.abs(milliseconds) >= length * 0.75) ?? (["minute", 60_000] as const);
  return relative.format(Math.round(milliseconds / size), unit);
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const units = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;
/** Seconds, falling. */
const milestones = [120, 60, 30, 10, 0];
