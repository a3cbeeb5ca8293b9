// Is a missing program told, and is it an error where nothing may be skipped?
import { afterEach, expect, test, vi } from "vitest";
import { needs, tell } from "./needs.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("what is here is not skipped", () => {
  expect(needs()).toEqual({ skip: false, retry: 0 });
});

test("a missing program skips its tests, and is told once", () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.stubEnv("CI", "");
  vi.stubEnv("PATH", "/nonexistent");
  expect([needs("chromium"), needs("chromium")]).toEqual([
    { skip: true, retry: 1 },
    { skip: true, retry: 1 },
  ]);
  expect(written.mock.calls).toEqual([["skipped: chromium is not installed (Debian: apt-get install chromium)\n"]]);
});

test("with CI=true a missing program and a missing keyring are errors", () => {
  vi.stubEnv("CI", "true");
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("PORTCULLIS_TEST_KEYRING", "");
  expect(() => needs("chromium")).toThrow("apt-get install chromium");
  expect(() => needs("keyring")).toThrow("npm test -- FILE");
  expect(() => tell("a reason")).toThrow("a reason");
});
