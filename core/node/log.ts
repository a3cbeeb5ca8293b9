// What reaches the operator's eyes? The Log port as JSON lines or as text for a terminal. The allow-list of core/base/log.ts holds
// here too, at run time: a field without a name there is dropped and counted. Never throws; no value breaks the line or steers a terminal.
import { type Log, type LogFields, type LogLevel, logFields } from "../base/log.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";

export interface LogSink {
  /** One line with its line feed. */
  write(line: string): void;
}

export interface LogOptions {
  readonly sink: LogSink;
  readonly clock: Clock;
  /** Lines below this are not written. */
  readonly level?: LogLevel;
  /** json: one object a line, for machines. text: for a person at a terminal. */
  readonly form?: "json" | "text";
}

export function createLog({ sink, clock, level = "info", form = "json" }: LogOptions): Log {
  const write = (of: LogLevel, event: string, fields: LogFields = {}): void => {
    if (levels.indexOf(of) < levels.indexOf(level)) return;
    const { kept, dropped } = allowed(fields);
    if (dropped > 0) kept.push(["dropped", dropped]);
    const line = { at: rfc3339(clock.now()), level: of, event: clip(event), fields: kept };
    try {
      sink.write(`${form === "json" ? jsonLine(line) : textLine(line)}\n`);
    } catch {
      // A log that cannot be written must not end a launch.
    }
  };
  return { write };
}

/** `process.stderr` and its like. */
export function streamSink(stream: { write(text: string): unknown }): LogSink {
  return {
    write(line) {
      stream.write(line);
    },
  };
}

type Value = string | number | boolean;
interface Line {
  readonly at: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: readonly (readonly [string, Value])[];
}

function allowed(fields: LogFields): { readonly kept: [string, Value][]; readonly dropped: number } {
  const kept: [string, Value][] = [];
  let dropped = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (names.has(name) && isPlain(value)) kept.push([name, typeof value === "string" ? clip(value) : value]);
    else dropped++;
  }
  return { kept, dropped };
}

/** The type says so already; a caller in plain JavaScript, or one with a cast, may say otherwise. */
function isPlain(value: unknown): value is Value {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function jsonLine({ at, level, event, fields }: Line): string {
  return JSON.stringify({ at, level, event, ...Object.fromEntries(fields) });
}

function textLine({ at, level, event, fields }: Line): string {
  const words = fields.map(
    ([name, value]) => `${name}=${typeof value === "string" && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
  );
  return [at, level.toUpperCase().padEnd(5), event, ...words].join(" ");
}

/** Control and formatting characters become "?": they could forge a line, or steer the terminal that shows it. */
function clip(text: string): string {
  const clean = text.slice(0, longestValue).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "?");
  return text.length > longestValue ? `${clean}…` : clean;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const names: ReadonlySet<string> = new Set(logFields);
const longestValue = 256;
