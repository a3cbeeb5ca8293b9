// Where do tests keep secrets? In a keyring of their own: a private session bus, a temporary HOME and an unlocked gnome-keyring, gone afterwards.
// Never a person's own keyring: where the programs are missing, the tests are given no bus at all.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.mjs";
import { environment, run } from "./runtime.mjs";

/**
 * Runs a program where PORTCULLIS_TEST_KEYRING=1 tells it that the keyring is private, or without any keyring.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {Promise<number>} its exit code
 */
export async function runWithKeyring(command, args, extra = {}) {
  const bus = findProgram("dbus-run-session");
  if (bus === undefined || findProgram("gnome-keyring-daemon") === undefined) return run(command, args, { env: withoutSession(extra) });
  const home = mkdtempSync(join(tmpdir(), "portcullis-home-"));
  try {
    const env = withoutSession({ ...extra, HOME: home, XDG_RUNTIME_DIR: home, PORTCULLIS_TEST_KEYRING: "1" });
    return await run(bus, ["--", "/bin/sh", "-c", unlock, "sh", command, ...args], { env });
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * @param {NodeJS.ProcessEnv} extra
 * @returns {NodeJS.ProcessEnv}
 */
function withoutSession(extra) {
  const env = environment();
  for (const name of personal) delete env[name];
  return { ...env, ...extra };
}

/** What would lead to a person's own bus, keyring or settings. */
const personal = [
  "DBUS_SESSION_BUS_ADDRESS",
  "GNOME_KEYRING_CONTROL",
  "PORTCULLIS_TEST_KEYRING",
  "SSH_AUTH_SOCK",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** The passphrase protects nothing: keyring and HOME are thrown away. The daemon ends with its bus. */
const unlock = 'printf "tests\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || exit 125; exec "$@"';
