// A decoded report on a terminal: one field a line, under the names that --json has.
import type { DecodedReport } from "./report/decode.ts";

export function reportText(report: DecodedReport): string {
  return Object.entries<unknown>({ ...report })
    .map(([name, value]) => `${name}: ${typeof value === "object" && value !== null ? pairs(value) : String(value)}`)
    .join("\n");
}

function pairs(value: object): string {
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${inner}`)
    .join(", ");
}
