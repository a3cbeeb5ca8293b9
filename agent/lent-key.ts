// How does a program get a key, and nobody after it? On its standard input, from a file in memory that has no name and is overwritten afterwards.
// Neither a pipe would do, whose buffers the kernel frees as they are, nor our own memory while another program is started: a page that is written to
// just then is copied, and the child's is freed as it is. Both left a key in a VM's memory (test/vm/refusals.test.ts).
import { randomUUID } from "node:crypto";
import { accessSync, closeSync, constants, ftruncateSync, openSync, statfsSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Secret } from "../core/base/secret.ts";

export interface LentKey {
  /** Open for reading at the key's first byte. */
  readonly fd: number;
  /** Overwrites and closes it, once the program has ended. Idempotent. */
  takeBack(): void;
}

/**
 * All of them, or none: undefined where there is no memory for them. Wipes every key.
 * @param folder see {@link memoryFolder}.
 */
export function lendKeys(keys: readonly Secret[], folder = memoryFolder()): readonly LentKey[] | undefined {
  const lent: LentKey[] = [];
  try {
    if (folder === undefined) return undefined;
    for (const key of keys) lent.push(lendKey(key, folder));
    return lent;
  } catch {
    for (const one of lent) one.takeBack();
    return undefined;
  } finally {
    for (const key of keys) key.wipe();
  }
}

/** @throws where there is no room for it. */
function lendKey(key: Secret, folder: string): LentKey {
  const path = join(folder, `portcullis-${randomUUID()}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  let length = 0;
  const takeBack = (): void => {
    // SECURITY: the pages are freed as they are.
    writeSync(fd, new Uint8Array(length), 0, length, 0);
    ftruncateSync(fd, 0);
    closeSync(fd);
  };
  try {
    // Before there is anything in it: whoever may look into the folder finds nothing.
    unlinkSync(path);
    // At an offset of its own, so that the program begins to read at the start.
    length = key.use((bytes) => writeSync(fd, bytes, 0, bytes.length, 0));
    if (length < key.use((bytes) => bytes.length)) throw new Error("no room for a key");
  } catch (cause) {
    takeBack();
    throw cause;
  }
  let isLent = true;
  return {
    fd,
    takeBack() {
      if (isLent) takeBack();
      isLent = false;
    },
  };
}

/** Where a key may be put: a writable folder that is memory and nothing else. Undefined where there is none. */
export function memoryFolder(): string | undefined {
  return places.find((place) => {
    try {
      accessSync(place, constants.W_OK | constants.X_OK);
      return inMemory.includes(statfsSync(place).type);
    } catch {
      return false;
    }
  });
}

/** An initramfs has the first; the second is for machines of tests. */
const places: readonly string[] = ["/run", "/dev/shm"];
/** TMPFS_MAGIC and RAMFS_MAGIC (linux/magic.h). */
const inMemory: readonly number[] = [0x01021994, 0x858458f6];
