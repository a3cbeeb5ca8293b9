// Where do tests keep secrets? In a keyring of their own: a private session bus, a temporary HOME and an unlocked gnome-keyring, gone afterwards.
// Never a person's own keyring: where the programs are missing, the tests are given an address that leads nowhere.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.mjs";
import { environment, run, say } from "./runtime.mjs";

/**
 * Runs a program where PORTCULLIS_TEST_KEYRING=1 tells it that the keyring is private, or without any keyring.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {Promise<number>} its exit code; 125 where the keyring did not open
 */
export async function runWithKeyring(command, args, extra = {}) {
  const daemon = findProgram("dbus-daemon");
  const keyring = findProgram("gnome-keyring-daemon");
  if (daemon === undefined || keyring === undefined) return run(command, args, { env: impersonal(extra) });
  const home = mkdtempSync(join(tmpdir(), "portcullis-home-"));
  // Not dbus-run-session: a signal ends that one alone, and leaves the bus and the tests behind.
  const bus = spawn(daemon, ["--session", "--nofork", "--nopidfile", "--print-address=1"], {
    env: impersonal({ HOME: home, XDG_RUNTIME_DIR: home }),
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const env = impersonal({ ...extra, HOME: home, XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: await addressOf(bus) });
    if (await unlock(keyring, env)) return await run(command, args, { env: { ...env, PORTCULLIS_TEST_KEYRING: "1" } });
    say("The tests' own keyring did not open: gnome-keyring-daemon or its session bus does not start here.");
    return 125;
  } finally {
    // The keyring's daemon ends with its bus.
    bus.kill("SIGTERM");
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * @param {import("node:child_process").ChildProcess} bus
 * @returns {Promise<string>} the address that it prints, or {@link noBus} where it ended instead
 */
function addressOf(bus) {
  return new Promise((resolve) => {
    bus.stdout?.once("data", (line) => resolve(String(line).trim()));
    bus.once("error", () => resolve(noBus));
    bus.once("exit", () => resolve(noBus));
  });
}

/**
 * @param {string} keyring
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether the daemon went to the background with its keyring open
 */
async function unlock(keyring, env) {
  const starter = spawn(keyring, ["--unlock", "--components=secrets"], { env, stdio: ["pipe", "ignore", "ignore"] });
  // A daemon that ended before it read is told by its exit code.
  starter.stdin.on("error", () => {});
  // The passphrase protects nothing: keyring and HOME are thrown away.
  starter.stdin.end("tests\n");
  await once(starter, "exit");
  return starter.exitCode === 0;
}

/**
 * @param {NodeJS.ProcessEnv} extra
 * @returns {NodeJS.ProcessEnv} our environment without what would lead to a person's own bus, keyring or settings
 */
function impersonal(extra) {
  const env = environment();
  for (const name of personal) delete env[name];
  return { ...env, DBUS_SESSION_BUS_ADDRESS: noBus, ...extra };
}

const personal = [
  "GNOME_KEYRING_CONTROL",
  "PORTCULLIS_TEST_KEYRING",
  "SSH_AUTH_SOCK",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** Without any address, client libraries look for a person's bus in /run/user. */
const noBus = "unix:path=/nonexistent/tests-use-no-session-bus";
