// Is the same rule true of the same report wherever the machine stands? The library's own parts of a time are not.
import { afterEach, beforeAll, expect, test } from "vitest";
import { checkRules } from "../../../core/appraise/rules/check-rules.ts";
import type { BoundReport } from "../../../core/appraise/verify.ts";
import { boundReport } from "../kit.ts";

let report: BoundReport;
beforeAll(async () => {
  report = await boundReport();
});

const zone = process.env["TZ"];
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"];
/** Hours that a clock change swallows, the days around new year, a leap day, and a summer's night. */
const instants: readonly (readonly [string, string])[] = [
  ["2026-03-29T02:30:15.999Z", "2026 2 29 28 0 87 2 30 15"],
  ["2026-03-08T02:30:00Z", "2026 2 8 7 0 66 2 30 0"],
  ["2026-07-01T00:30:00Z", "2026 6 1 0 3 181 0 30 0"],
  ["2026-12-31T23:59:59Z", "2026 11 31 30 4 364 23 59 59"],
  ["2027-01-01T00:00:00Z", "2027 0 1 0 5 0 0 0 0"],
  ["2028-02-29T12:00:00Z", "2028 1 29 28 2 59 12 0 0"],
  ["0001-01-01T00:00:00Z", "1 0 1 0 1 0 0 0 0"],
];
const parts = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
];

test.each(zones)("in %s", (name) => {
  process.env["TZ"] = name;
  expect(new Date("2026-07-01T12:00:00Z").getHours() === 12).toBe(name === "UTC");
  for (const [instant, expected] of instants) {
    const values = expected.split(" ");
    const rules = parts.map((part, index) => ({ id: `p${index}`, expression: `at.${part}() == ${values[index]}`, sentence: part }));
    const wrong = checkRules(rules, { ...report, at: Date.parse(instant) }).filter(({ verdict }) => verdict !== "pass");
    expect(wrong.map(({ sentence }) => `${instant} ${sentence}`)).toEqual([]);
  }
});
