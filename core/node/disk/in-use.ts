// Who has this image open? A VM, a mount, a loop device, a program, or a cryptsetup that a killed manager left at work: whatever is written to
// an image meanwhile is lost, or destroys it. Asks the kernel; what it may not look at (other users' programs) it cannot see.
import { closeSync, constants, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isSystemError } from "../files.ts";
import { deviceFolder, type Image } from "./image.ts";

/** @returns the first user, in words. */
export function userOf(image: Image): string | undefined {
  return (image.kind === "file" ? loopOf(image) : deviceUser(image)) ?? programWith(image);
}

function programWith({ stats, kind }: Image): string | undefined {
  for (const pid of list("/proc")) {
    if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const open = quietly(() => statSync(`/proc/${pid}/fd/${descriptor}`));
      if (open === undefined) continue;
      const same = kind === "file" ? open.dev === stats.dev && open.ino === stats.ino : open.isBlockDevice() && open.rdev === stats.rdev;
      if (same) return `process ${pid}, ${quietly(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim()) ?? "unknown"}`;
    }
  }
  return undefined;
}

function loopOf({ stats }: Image): string | undefined {
  return list("/sys/block").find((name) => {
    const backing = name.startsWith("loop")
      ? quietly(() => readFileSync(`/sys/block/${name}/loop/backing_file`, "utf8").trimEnd())
      : undefined;
    const file = backing === undefined ? undefined : quietly(() => statSync(backing));
    return file?.dev === stats.dev && file.ino === stats.ino;
  });
}

/** Of the device itself and of its partitions: mounted, used for swap, or part of another device. */
function deviceUser({ path, stats }: Image): string | undefined {
  const own = deviceFolder(stats);
  const parts = list(own).filter((name) => quietly(() => readFileSync(join(own, name, "partition"), "utf8")) !== undefined);
  const folders = [own, ...parts.map((name) => join(own, name))];
  const holder = folders.flatMap((folder) => list(join(folder, "holders")))[0];
  if (holder !== undefined) return `device ${holder}`;
  const numbers = new Set(folders.map((folder) => quietly(() => readFileSync(join(folder, "dev"), "utf8").trim())));
  const lines = quietly(() => readFileSync("/proc/self/mountinfo", "utf8"))?.split("\n") ?? [];
  // proc_pid_mountinfo(5): the third field is the device's numbers, but for file systems with numbers of their own.
  const mount = lines
    .map((line) => line.split(" "))
    .find((fields) => numbers.has(fields[2]) || numbers.has(numbersOf(fields[fields.indexOf("-") + 2])));
  if (mount !== undefined) return `mounted at ${mount[4] ?? "an unknown place"}`;
  const swaps = quietly(() => readFileSync("/proc/swaps", "utf8"))?.split("\n") ?? [];
  if (swaps.some((line) => numbers.has(numbersOf(line.split(/\s/)[0])))) return "swap";
  return isBusy(path) ? "the kernel" : undefined;
}

function numbersOf(source: string | undefined): string | undefined {
  const device = source?.startsWith("/") === true ? quietly(() => statSync(unescaped(source))) : undefined;
  return device?.isBlockDevice() === true ? deviceFolder(device).split("/").at(-1) : undefined;
}

/** For a block device, exclusive means: not while the kernel itself uses it. open(2). */
function isBusy(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_EXCL));
    return false;
  } catch (cause) {
    return isSystemError(cause, "EBUSY");
  }
}

/** Mount tables write spaces and the like in octal. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function list(folder: string): readonly string[] {
  return quietly(() => readdirSync(folder)) ?? [];
}

/** Programs and devices come and go while they are looked at. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
