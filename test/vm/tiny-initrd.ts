// Which is the smallest initrd that says that it was started? busybox alone and a first program that prints a marker and powers off; a cpio archive of the
// "newc" form (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Uncompressed, and the same bytes every time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { debianFolder } from "../../build/debian-packages.mjs";
import { concat } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";

/** @param marker what its first program prints. */
export function tinyInitrd(marker: string): Uint8Array {
  const busybox = new Uint8Array(readFileSync(join(debianFolder, "bookworm/bin/busybox")));
  return concat(
    entry({ name: "bin", mode: 0o040755 }),
    entry({ name: "bin/busybox", mode: 0o100755, content: busybox }),
    entry({ name: "dev", mode: 0o040755 }),
    // The kernel's own /dev comes only with a root that is mounted.
    entry({ name: "dev/console", mode: 0o020600, device: { major: 5, minor: 1 } }),
    entry({ name: "init", mode: 0o100755, content: utf8(firstProgram(marker)) }),
    entry({ name: "TRAILER!!!", mode: 0 }),
  );
}

/** One file, to be put after an initrd: the kernel takes what comes later. @param path of a file in a folder that is there. */
export function laterFile(path: string, content: Uint8Array): Uint8Array {
  return concat(entry({ name: path, mode: 0o100644, content }), entry({ name: "TRAILER!!!", mode: 0 }));
}

function firstProgram(marker: string): string {
  return `#!/bin/busybox sh\n/bin/busybox echo ${marker} > /dev/console\n/bin/busybox poweroff -f\n`;
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly content?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Owner, times and link counts say nothing here. */
function entry({ name, mode, content = new Uint8Array(), device = { major: 0, minor: 0 } }: Entry): Uint8Array {
  const named = utf8(`${name}\0`);
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, device.major, device.minor, named.length, 0];
  const head = utf8(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return concat(padded(concat(head, named)), padded(content));
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}
