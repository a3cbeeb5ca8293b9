// Are ratios and their spread what they say they are?
import { expect, test } from "vitest";
import { ratio, reportText } from "./figures.ts";

test("a ratio of medians, with the least and the greatest of a fifth of the run", () => {
  const below = Array.from({ length: 10 }, () => 2);
  expect(ratio("x", [2, 2, 4, 4, 6, 6, 8, 8, 10, 10], below)).toEqual({ name: "x", value: 3, least: 1, greatest: 5 });
});

test("of fewer values than parts, each is a part", () => {
  expect(ratio("x", [3], [2])).toEqual({ name: "x", value: 1.5, least: 1.5, greatest: 1.5 });
  expect(ratio("x", [1, 2, 3], [1, 1, 1])).toMatchObject({ value: 2, least: 1, greatest: 3 });
});

test("the spread stands beside the ratio", () => {
  const text = reportText({ title: "t", ratios: [{ name: "x", value: 1.5, least: 1, greatest: 2 }], figures: [], notes: [] });
  expect(text).toContain("1.50 x   (1.00 to 2.00)");
});
