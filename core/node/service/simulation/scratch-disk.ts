// Which disk does a simulated VM open? A small LUKS2 image of its own, made new for every launch with the VM's own disk key and thrown away
// afterwards. The key goes to cryptsetup through a pipe, never a file, an argument or the environment. Formats nothing outside the given folder.
import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, ftruncateSync, openSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { failure } from "../../../base/failure.ts";
import { fail, ok, type Result } from "../../../base/result.ts";
import type { Secret } from "../../../base/secret.ts";

/** Absolute path, or `simulation.no-cryptsetup`. */
export function findCryptsetup(): Result<string> {
  for (const folder of folders) {
    const path = join(folder, "cryptsetup");
    try {
      accessSync(path, constants.X_OK);
      return ok(path);
    } catch {
      // The next folder.
    }
  }
  return fail(failure("simulation.no-cryptsetup"));
}

/** Directly in the folder, by a plain name. */
export function isScratchDisk(folder: string, device: string): boolean {
  return join(folder, basename(device)) === device;
}

/** @param folder ours alone. @param device exactly a file in it, as the VM's configuration names it. The key stays the caller's to wipe. */
export async function makeScratchDisk(cryptsetup: string, folder: string, device: string, key: Secret): Promise<Result<void>> {
  if (!isScratchDisk(folder, device)) return fail(failure("simulation.disk-elsewhere", device));
  try {
    removeScratchDisk(device);
    const file = openSync(device, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    ftruncateSync(file, imageLength);
    closeSync(file);
  } catch (cause) {
    return fail(failure("simulation.disk", device, cause));
  }
  const code = await format(cryptsetup, device, key);
  if (code === 0) return ok(undefined);
  removeScratchDisk(device);
  return fail(failure("simulation.disk", `cryptsetup ended with ${code ?? "a signal"}`));
}

/** What a killed manager left behind; nothing else is ever in that folder. */
export function clearScratchDisks(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function removeScratchDisk(device: string): void {
  rmSync(device, { force: true });
}

function format(cryptsetup: string, device: string, key: Secret): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(cryptsetup, [...formatArguments, device], {
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: folders.join(":") },
    });
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code ?? undefined));
    // A cryptsetup that ends early breaks the pipe; its exit code says why.
    child.stdin.on("error", () => {});
    key.use((bytes) => {
      const copy = Buffer.from(bytes);
      child.stdin.end(copy, () => copy.fill(0));
    });
  });
}

/** A random key needs no slow derivation; the default would take a gibibyte of memory. */
const formatArguments = [
  "luksFormat",
  "--batch-mode",
  "--type=luks2",
  "--key-file=-",
  "--pbkdf=pbkdf2",
  "--pbkdf-force-iterations=1000",
  "--cipher=aes-xts-plain64",
  "--key-size=512",
  "--disable-locks",
];
/** Sparse: the header takes 16 MiB, and a little is left for data. */
const imageLength = 18 * 1024 * 1024;
const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];
