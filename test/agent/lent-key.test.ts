// Is a key that was lent to a program gone afterwards, and could nobody find it by name meanwhile?
import { closeSync, openSync, readdirSync, readSync, fstatSync } from "node:fs";
import { expect, test } from "vitest";
import { lendKeys, memoryFolder } from "../../agent/lent-key.ts";
import { Secret } from "../../core/base/secret.ts";
import { bytes } from "../launch/kit.ts";

test.runIf(process.platform === "linux")("a lent key has no name, is read from its start, and is overwritten when it is taken back", () => {
  const folder = memoryFolder();
  if (folder === undefined) throw new Error("neither /run nor /dev/shm is a writable tmpfs");
  const named = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("portcullis-"));
  const before = named();
  const key = bytes(64);
  const secret = new Secret(key.slice());
  const [lent] = lendKeys([secret], folder) ?? [];
  if (lent === undefined) throw new Error("not lent");
  expect(secret.wiped).toBe(true);
  expect(named()).toEqual(before);
  const read = new Uint8Array(65);
  expect(readSync(lent.fd, read)).toBe(64);
  expect(read.subarray(0, 64)).toEqual(key);
  // As a program that is still there would look at it: another descriptor of the same memory, mapped to what it was.
  const other = openSync(`/proc/self/fd/${lent.fd}`, "r");
  lent.takeBack();
  expect(fstatSync(other).size).toBe(0);
  expect(() => fstatSync(lent.fd)).toThrow(/EBADF/);
  closeSync(other);
});

test("where there is no room, no key is lent, and every one is wiped", () => {
  const keys = [new Secret(bytes(64)), new Secret(bytes(64))];
  expect(lendKeys(keys, "/nowhere")).toBeUndefined();
  expect(keys.every(({ wiped }) => wiped)).toBe(true);
});
