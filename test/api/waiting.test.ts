// Is the sentence about a wait true for every time and place, and never shorter than the wait may be?
import { expect, test } from "vitest";
import { waitingSentence } from "../../core/api/waiting.ts";
import { launchLine } from "../../core/cli/launch-text.ts";
import { pendingLaunch } from "../renderer/fixture-values.ts";

const at = Date.parse("2026-11-24T00:00:00Z");
const until = (ms: number): string => new Date(at + ms).toISOString();

test.each([
  [240_000, 23, "23 requests ahead, at most 4 minutes"],
  [240_001, 1, "1 request ahead, at most 5 minutes"],
  [60_001, 0, "next in line, at most 2 minutes"],
  [60_000, undefined, "at most a minute"],
  [59_999, undefined, "at most a minute"],
  [0, 2, "2 requests ahead, any moment now"],
  [-5, undefined, "any moment now"],
])("%d ms, %s ahead", (ms, ahead, words) => {
  const waiting = { what: "collateral", until: until(ms), ...(ahead === undefined ? {} : { ahead }) } as const;
  expect(waitingSentence(waiting, at)).toBe(`Waiting for AMD's key service: ${words}`);
  expect(launchLine(pendingLaunch({ state: "attesting", waitingFor: waiting }), at)).toContain(words);
});
