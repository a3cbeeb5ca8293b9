// Is a piece of an image copied whole or not at all, also where the file system fills up in the middle of it?
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { copyWithin } from "../../../core/node/disk/bytes.ts";
import { scratchFolder } from "../kit.ts";

const mebibyte = 2 ** 20;

describe("a copy within an image", () => {
  test("is all of it, and leaves the rest", async () => {
    const image = imageIn(scratchFolder());
    await copyWithin(image, 0, 2 * mebibyte, mebibyte);
    const bytes = readFileSync(image);
    expect(bytes.subarray(2 * mebibyte, 3 * mebibyte).equals(Buffer.alloc(mebibyte, 7))).toBe(true);
    expect([bytes.length, bytes[3 * mebibyte]]).toEqual([4 * mebibyte, 0]);
  });

  test("of what is behind the image's end is refused, not passed over", async () => {
    const image = imageIn(scratchFolder());
    await expect(copyWithin(image, 4 * mebibyte - 512, 0, 1024)).rejects.toThrow("ends before");
  });

  test("fails where there is no room for a part of it", async ({ skip }) => {
    const small = smallFileSystem(scratchFolder());
    if (small === undefined) return skip("no right to mount");
    const image = imageIn(small);
    writeFileSync(join(small, "others"), new Uint8Array(1.4 * mebibyte));
    await expect(copyWithin(image, 0, 2 * mebibyte, mebibyte)).rejects.toMatchObject({ code: "ENOSPC" });
  });
});

/** Of 4 MiB, of which the first has content. */
function imageIn(folder: string): string {
  const image = join(folder, "root.img");
  writeFileSync(image, new Uint8Array(mebibyte).fill(7));
  truncateSync(image, 4 * mebibyte);
  return image;
}

/** 3 MiB; undefined where the tests may not mount. */
function smallFileSystem(folder: string): string | undefined {
  const path = join(folder, "small");
  mkdirSync(path);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", path]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync("umount", [path]));
  return path;
}
