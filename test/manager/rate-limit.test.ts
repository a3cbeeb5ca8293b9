// The rate limit: at, below and above, and what it remembers.
import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "../../core/manager/rate-limit.ts";

test("so many in a window, then a wait that ends when the oldest leaves it", () => {
  const limit = new RateLimit(2, 1000);
  expect([limit.take("a", 0), limit.take("a", 400), limit.take("a", 500)]).toEqual([0, 0, 500]);
  expect(limit.take("b", 500)).toBe(0);
  expect([limit.take("a", 999), limit.take("a", 1000), limit.take("a", 1001)]).toEqual([1, 0, 399]);
});

test("never more than the maximum within any window, whatever comes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat({ max: 400 })), (maximum, pauses) => {
      const limit = new RateLimit(maximum, 1000);
      let now = 0;
      const taken: number[] = [];
      for (const pause of pauses) {
        now += pause;
        if (limit.take("key", now) === 0) taken.push(now);
        expect(taken.filter((at) => now - at < 1000).length).toBeLessThanOrEqual(maximum);
      }
    }),
  );
});

test("keys that were forgotten may again, those within the window may not", () => {
  const limit = new RateLimit(1, 1000);
  for (let key = 0; key < 300; key++) limit.take(`early ${key}`, 0);
  for (let key = 0; key < 300; key++) limit.take(`late ${key}`, 1000);
  expect(limit.take("early 0", 1000)).toBe(0);
  expect(limit.take("late 0", 1500)).toBe(500);
});
