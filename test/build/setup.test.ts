// Does set-up notice what is not installed, and leave alone what is?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isInstalled } from "../../build/setup.mjs";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-setup-"));
  mkdirSync(join(root, "node_modules"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const a = { version: "1.0.0", integrity: "sha512-a" };
const optional = { version: "2.0.0", integrity: "sha512-b", optional: true };
const wanted = { "": { version: "0.1.0" }, "node_modules/a": a, "node_modules/b": optional, "build/node": { version: "24.21.0" } };

function write(file: string, packages: unknown): void {
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}

test("nothing is installed where npm left no record, or where there is no lock", () => {
  expect(isInstalled(root)).toBe(false);
  write("package-lock.json", wanted);
  expect(isInstalled(root)).toBe(false);
});

test.each<[string, Record<string, unknown>, boolean]>([
  ["all of it", { "node_modules/a": a, "node_modules/b": optional }, true],
  ["a package for another platform left out", { "node_modules/a": a }, true],
  ["a package too many", { "node_modules/a": a, "node_modules/c": a }, true],
  ["a package left out", { "node_modules/b": optional }, false],
  ["another version", { "node_modules/a": { ...a, version: "1.0.1" } }, false],
  ["other bytes", { "node_modules/a": { ...a, integrity: "sha512-x" } }, false],
])("%s", (_, installed, expected) => {
  write("package-lock.json", wanted);
  write("node_modules/.package-lock.json", installed);
  expect(isInstalled(root)).toBe(expected);
});
