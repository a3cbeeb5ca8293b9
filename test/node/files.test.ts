// Private folders, bounded reads and writes that happen or do not.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { claimPrivateFile, openPrivateFolder, readBounded, writeAtomically } from "../../core/node/files.ts";
import { codeOf, scratchFolder } from "./kit.ts";

test("a folder is made private; a readable one is mended, a writable one refused", () => {
  const path = join(scratchFolder(), "a", "b");
  expect(must(openPrivateFolder(path)).mended).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  chmodSync(path, 0o750);
  expect(must(openPrivateFolder(path)).mended).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  for (const mode of [0o720, 0o702]) {
    chmodSync(path, mode);
    expect(codeOf(openPrivateFolder(path))).toBe("files.too-open");
  }
});

test("a link, a file and a place below a file are no folder of ours", () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "real"), { mode: 0o700 });
  symlinkSync(join(folder, "real"), join(folder, "link"));
  writeFileSync(join(folder, "file"), "");
  expect(codeOf(openPrivateFolder(join(folder, "link")))).toBe("files.not-ours");
  expect(codeOf(openPrivateFolder(join(folder, "file")))).toBe("files.unwritable");
  expect(codeOf(openPrivateFolder(join(folder, "file", "below")))).toBe("files.unwritable");
});

test("a read: absent, below, at and above its bound, and never a pipe", () => {
  const folder = scratchFolder();
  const path = join(folder, "f");
  expect(must(readBounded(path, 10))).toBeUndefined();
  writeFileSync(path, "0123456789");
  expect(must(readBounded(path, 11))?.length).toBe(10);
  expect(must(readBounded(path, 10))?.length).toBe(10);
  expect(codeOf(readBounded(path, 9))).toBe("files.too-large");
  expect(codeOf(readBounded(folder, 9))).toBe("files.unreadable");
  execFileSync("mkfifo", [join(folder, "pipe")]);
  expect(codeOf(readBounded(join(folder, "pipe"), 9))).toBe("files.unreadable");
});

test("a write replaces or refuses to, is private, and leaves nothing beside it", () => {
  const folder = scratchFolder();
  const path = join(folder, "f");
  must(writeAtomically(path, Uint8Array.of(1), { replace: false }));
  expect(codeOf(writeAtomically(path, Uint8Array.of(2), { replace: false }))).toBe("files.unwritable");
  expect(readFileSync(path)).toEqual(Buffer.from([1]));
  must(writeAtomically(path, Uint8Array.of(3), { replace: true }));
  expect(readFileSync(path)).toEqual(Buffer.from([3]));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["f"]);
  expect(codeOf(writeAtomically(join(folder, "none", "f"), Uint8Array.of(1), { replace: true }))).toBe("files.unwritable");
});

test("a claimed file is closed to others; a link is refused", () => {
  const folder = scratchFolder();
  const path = join(folder, "f");
  writeFileSync(path, "kept", { mode: 0o666 });
  must(claimPrivateFile(path));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("kept");
  symlinkSync(path, join(folder, "link"));
  expect(codeOf(claimPrivateFile(join(folder, "link")))).toBe("files.not-ours");
});
