// What is at this path: nothing, a file, a block device; how large, and what does it hold? Looks only. A symbolic link is not followed, because what is
// confirmed by name must be what is written to.
import { closeSync, constants, lstatSync, openSync, readFileSync, readSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { type Content, contentOf, footLength, headLength, secondHeaderOffsets } from "./content.ts";

export interface Image {
  /** With no symbolic link in it. */
  readonly path: string;
  readonly kind: "file" | "device";
  /** Bytes. */
  readonly size: number;
  /** Bytes that it takes up now; less than its size where it is sparse. */
  readonly allocated: number;
  readonly content: Content;
  readonly stats: Stats;
}

/** @returns undefined where there is nothing. `disk.not-an-image`, `disk.unwritable`, `disk.not-there` (its folder). */
export function lookAt(named: string): Result<Image | undefined> {
  const real = realPathOf(named);
  if (!real.ok) return real;
  const path = real.value;
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return ok(undefined);
    if (!stats.isFile() && !stats.isBlockDevice()) return fail(failure("disk.not-an-image", path));
    const size = stats.isFile() ? stats.size : deviceSize(stats);
    const content = contentAt(path, size);
    return ok({ path, kind: stats.isFile() ? "file" : "device", size, allocated: stats.blocks * 512, content, stats });
  } catch (cause) {
    return fail(failure("disk.unwritable", path, cause));
  }
}

/** Links in its folder's path are followed, in its own name not. */
export function realPathOf(named: string): Result<string> {
  try {
    return ok(join(realpathSync(dirname(named)), basename(named)));
  } catch (cause) {
    return fail(failure("disk.not-there", dirname(named), cause));
  }
}

/** Opened for writing, so that what cannot be written to is refused before anything is begun. */
function contentAt(path: string, size: number): Content {
  const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const read = (at: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, Math.max(0, at)));
    };
    return contentOf(
      read(0, headLength),
      read(size - footLength, footLength),
      secondHeaderOffsets.map((at) => read(at, 6)),
    );
  } finally {
    closeSync(file);
  }
}

function deviceSize(stats: Stats): number {
  const sectors = Number(readFileSync(join(deviceFolder(stats), "size"), "utf8").trim());
  if (!isSystemNumber(sectors)) throw new Error("the kernel gave no size");
  return sectors * 512;
}

/** Where the kernel tells of a block device. */
export function deviceFolder({ rdev }: Pick<Stats, "rdev">): string {
  // The kernel's own packing of device numbers, as Node passes it on.
  const major = Math.floor(rdev / 256) % 4096;
  const minor = (rdev % 256) + Math.floor(rdev / 2 ** 20) * 256;
  return `/sys/dev/block/${major}:${minor}`;
}

function isSystemNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
