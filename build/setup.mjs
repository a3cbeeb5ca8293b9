// Is everything installed that the lock file names? If not, `npm ci` installs it: nothing is compiled, nothing comes from outside the registry.
// It never changes package.json or the lock file, and does nothing where npm's own record already agrees with the lock.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireNode24, root, run, say, stop } from "./runtime.mjs";

/** Installs what is missing; ends the program with a sentence where that fails. @returns {Promise<string>} the Node 24 to use */
export async function setUp() {
  if (!isInstalled()) {
    say("Setting up: installing what package-lock.json names (a minute or two, only after a change) …");
    const code = await npm(["ci", "--include=dev", "--include=optional", "--loglevel=error", "--no-fund", "--no-audit"]);
    if (code !== 0) stop("Setting up failed: npm ci did not finish. Check that the npm registry can be reached, then run this again.");
    if (!isInstalled()) stop("Setting up failed: npm ci left packages out. Delete node_modules and run this again.");
    say("Set up.");
  }
  return requireNode24();
}

/**
 * Compares the lock with the record that npm writes at the end of an installation. Packages for other platforms are left out of that record.
 * @param {string} [folder]
 * @returns {boolean}
 */
export function isInstalled(folder = root) {
  const wanted = readLock(join(folder, "package-lock.json"));
  const installed = readLock(join(folder, "node_modules", ".package-lock.json"));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockEntry */

/**
 * @param {string} file
 * @returns {Record<string, LockEntry> | undefined}
 */
function readLock(file) {
  try {
    const lock = /** @type {{ packages?: Record<string, LockEntry> }} */ (JSON.parse(readFileSync(file, "utf8")));
    return lock.packages;
  } catch {
    return undefined;
  }
}

/** @param {readonly string[]} args */
function npm(args) {
  // npm says where its own program is to the scripts that it runs; a plain `npm` is a shell script on Windows.
  const program = process.env["npm_execpath"];
  // Its words go to stderr, so that a command's answer on stdout stays alone.
  /** @type {import("node:child_process").StdioOptions} */
  const stdio = ["ignore", 2, 2];
  if (program?.endsWith(".js")) return run(process.execPath, [program, ...args], { stdio, env: process.env });
  return run("npm", args, { stdio, env: process.env, shell: process.platform === "win32" });
}
