// Is a missing program told, and is it an error where nothing may be skipped?
import { afterEach, expect, test, vi } from "vitest";
import { needs, tell } from "./needs.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("what is here is not skipped", () => {
  expect(needs()).toEqual({ skip: false });
});

test("a missing program skips its tests", () => {
  vi.stubEnv("CI", "");
  vi.stubEnv("PATH", "/nonexistent");
  expect(needs("chromium")).toEqual({ skip: true });
});

test("with CI=true a missing program and a missing keyring are errors", () => {
  vi.stubEnv("CI", "true");
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("PORTCULLIS_TEST_KEYRING", "");
  expect(() => needs("chromium")).toThrow("apt-get install chromium");
  expect(() => needs("keyring")).toThrow("npm test -- FILE");
  expect(() => tell("a reason")).toThrow("a reason");
});
