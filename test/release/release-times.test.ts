// Are the weekly times what they say, to the minute and in UTC; and what happens outside of them, under each rule of release?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { weekdays } from "../../core/appraise/policy-demands.ts";
import type { ReleaseRule, ReleaseTimes, WeeklyTime } from "../../core/appraise/policy-demands.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { must } from "../../core/base/result.ts";
import { approve } from "../../core/release/approval.ts";
import { decide } from "../../core/release/decide.ts";
import type { Decision } from "../../core/release/decide.ts";
import { withPin } from "../../core/release/pins.ts";
import { withinTimes } from "../../core/release/release-times.ts";
import { appraiseWith, boundReport } from "../appraise/kit.ts";

const minute = 60_000;
/** A Monday. */
const monday = Date.UTC(2026, 10, 23);

function open(...times: readonly WeeklyTime[]): ReleaseTimes {
  return { open: times, outside: "refuse" };
}

const shift = open({ days: ["mon", "fri"], from: "06:30", until: "18:00" }, { days: ["fri"], from: "23:59", until: "24:00" });

test.each<[name: string, at: number, open: boolean]>([
  ["the millisecond before the first minute", monday + 390 * minute - 1, false],
  ["the first minute", monday + 390 * minute, true],
  ["the end of the last minute", monday + 1080 * minute - 1, true],
  ["the minute that is not included", monday + 1080 * minute, false],
  ["the day after, at the same time", monday + (1440 + 400) * minute, false],
  ["the other day", monday + (4 * 1440 + 390) * minute, true],
  ["the other day, 23:58", monday + (4 * 1440 + 1438) * minute, false],
  ["the other day, 23:59", monday + (4 * 1440 + 1439) * minute, true],
  ["the other day's end", monday + 5 * 1440 * minute - 1, true],
  ["24:00, which is the next day", monday + 5 * 1440 * minute, false],
  ["the week after", monday + (7 * 1440 + 390) * minute, true],
  ["before 1970", Date.UTC(1969, 11, 29, 6, 30), true],
  ["no instant", Number.NaN, false],
  ["no end of time", Number.POSITIVE_INFINITY, false],
])("%s", (_, at, within) => {
  expect(withinTimes(shift, at)).toBe(within);
});

test("any time is any, and the whole week is the whole week", () => {
  const always = open({ days: weekdays, from: "00:00", until: "24:00" });
  const clock = { min: 0, max: Date.UTC(2100, 0, 1) };
  fc.assert(fc.property(fc.integer(clock), (at) => withinTimes("any", at) && withinTimes(always, at)));
});

test("at any instant exactly one of two times is open that share the week between them", () => {
  const day = fc.constantFrom(...weekdays);
  const noon = fc.integer({ min: 1, max: 1439 });
  fc.assert(
    fc.property(day, noon, fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }), (one, cut, at) => {
      const time = `${String(Math.floor(cut / 60)).padStart(2, "0")}:${String(cut % 60).padStart(2, "0")}`;
      const others = weekdays.filter((other) => other !== one);
      const first = open({ days: [one], from: "00:00", until: time });
      const rest = open({ days: [one], from: time, until: "24:00" }, { days: others, from: "00:00", until: "24:00" });
      expect(withinTimes(first, at)).toBe(!withinTimes(rest, at));
    }),
  );
});

describe("outside of the times", () => {
  const never = (outside: "manual" | "refuse"): ReleaseTimes => ({ open: [{ days: ["sun"], from: "00:00", until: "00:01" }], outside });
  const refused = { verdict: "refuse", failure: { code: "release.outside-times" } };
  const person = (reason: string) => ({ verdict: "person", because: { reason } });

  test.each<[release: ReleaseRule, outside: "manual" | "refuse", pinned: boolean, approved: boolean, decision: object]>([
    ["automatic", "refuse", false, false, refused],
    ["automatic", "manual", false, false, person("outside-times")],
    ["automatic", "refuse", false, true, { verdict: "release", by: "person" }],
    ["automatic", "manual", false, true, { verdict: "release", by: "person" }],
    ["first-launch-manual", "refuse", true, false, refused],
    ["first-launch-manual", "manual", true, false, person("outside-times")],
    ["first-launch-manual", "refuse", false, false, person("first-launch")],
    ["first-launch-manual", "manual", false, false, person("first-launch")],
    ["first-launch-manual", "refuse", true, true, { verdict: "release", by: "person" }],
    ["manual", "refuse", true, false, person("always")],
    ["manual", "manual", true, false, person("always")],
    ["manual", "refuse", false, true, { verdict: "release", by: "person" }],
  ])("%s, outside %s, pinned %s, approved %s", async (release, outside, pinned, approved, decision) => {
    expect(await decided(release, never(outside), pinned, approved)).toMatchObject(decision);
    // Within, the times change nothing.
    const inside = open({ days: ["mon"], from: "00:00", until: "24:00" });
    expect(await decided(release, inside, pinned, approved)).toEqual(await decided(release, "any", pinned, approved));
  });
});

async function decided(release: ReleaseRule, releaseTimes: ReleaseTimes, pinned: boolean, approved: boolean): Promise<Decision> {
  const result = appraiseWith(await report);
  const vm = { enabled: true, simulated: true, configurationCurrent: true, policyCurrent: true, failedOpens: 0 };
  const policy = { ...simulatedPreset(), release, releaseTimes };
  const pins = pinned ? withPin([], result.identity, "launch", 0) : [];
  const approval = approved ? must(approve(result.evidenceDigest, "mine", result, 0)) : undefined;
  return decide({ result, vm: { ...vm, policy, pins, ahead: [] }, approval, liveLaunches: 1, at: monday });
}

const report = boundReport();
