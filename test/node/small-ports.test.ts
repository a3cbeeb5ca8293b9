// Clock, random, timers and log: small, and relied on by everything.
import { expect, test } from "vitest";
import { systemClock } from "../../core/node/clock.ts";
import { createLog, streamSink } from "../../core/node/log.ts";
import { systemRandom } from "../../core/node/random.ts";
import { systemTimers } from "../../core/node/timers.ts";
import type { LogFields } from "../../core/base/log.ts";
import type { LogOptions } from "../../core/node/log.ts";

test("the clocks: one tells the date, the other never goes back", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  const first = systemClock.monotonic();
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
});

test("random bytes: as many as asked, of their own memory, never twice", () => {
  const bytes = systemRandom.bytes(32);
  expect(bytes).not.toBeInstanceOf(Buffer);
  expect(bytes.buffer.byteLength).toBe(32);
  expect(systemRandom.bytes(32)).not.toEqual(bytes);
  expect(systemRandom.bytes(0)).toEqual(new Uint8Array());
});

test("a timer calls back once, or never where it was cancelled", async () => {
  const calls: string[] = [];
  systemTimers.after(5, () => calls.push("kept"));
  const cancel = systemTimers.after(5, () => calls.push("cancelled"));
  // Longer than setTimeout can count, which would make it 1 ms.
  const cancelLong = systemTimers.after(2 ** 40, () => calls.push("long"));
  cancel();
  await new Promise((resolve) => setTimeout(resolve, 50));
  cancelLong();
  cancelLong();
  expect(calls).toEqual(["kept"]);
});

test("a line of JSON with the fields of the list, and no others", () => {
  const fields = { vm: "a", count: 2, simulated: true, key: "secret", nested: "x" } as LogFields;
  const wrong = { code: { toString: () => "secret" }, disk: ["secret"] } as unknown as LogFields;
  const [first, second] = written({}, (log) => {
    log.write("info", "launch.refused", fields);
    log.write("warn", "odd", wrong);
    log.write("debug", "not.written");
  });
  expect(JSON.parse(first ?? "")).toEqual({
    at: "2026-01-02T03:04:05.678Z",
    level: "info",
    event: "launch.refused",
    vm: "a",
    count: 2,
    simulated: true,
    dropped: 2,
  });
  expect(JSON.parse(second ?? "")).toMatchObject({ event: "odd", dropped: 2 });
  expect(`${first}${second}`).not.toContain("secret");
});

test.each(["json", "text"] as const)("in %s a value can neither break the line nor steer a terminal, and is clipped", (form) => {
  const detail = "a\nlevel=error \u001b[2J \u009b \u202e \u2028 end";
  const lines = written({ form }, (log) => log.write("error", "x", { detail, reason: "r".repeat(10_000) }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2028]|\\u00/);
  expect(lines[0]?.length).toBeLessThan(600);
});

test("text for a person", () => {
  expect(written({ form: "text" }, (log) => log.write("warn", "launch.pending", { vm: "a", detail: "two words" }))).toEqual([
    '2026-01-02T03:04:05.678Z WARN  launch.pending vm=a detail="two words"',
  ]);
});

test("a sink that fails does not fail its writer", () => {
  const sink = streamSink({
    write() {
      throw new Error("gone");
    },
  });
  expect(() => createLog({ sink, clock: systemClock }).write("error", "x")).not.toThrow();
});

function written(options: Partial<LogOptions>, task: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), monotonic: () => 0 };
  task(createLog({ sink: { write: (line) => lines.push(line.slice(0, -1)) }, clock, ...options }));
  return lines;
}
