// The system's keychain when it is not as it should be: none there, no keyring in it, locked, late. Each on a private bus of its own.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { needs } from "../../kit/needs.ts";
import { openOsKeychain } from "../../../core/node/keychain/os-keychain.ts";
import { codeOf, scratchFolder } from "../kit.ts";

const run = promisify(execFile);
const asker = join(import.meta.dirname, "asker.ts");

test("no bus: missing, and never another store instead", async () => {
  expect(await ask([process.execPath, asker, "open"])).toEqual(["keychain.missing"]);
});

describe("on a private bus", needs("keyring"), () => {
  test("an answer that comes after its time is not waited for", async () => {
    // Every wait is over at once.
    const timers = { after: (_ms: number, callback: () => void) => (queueMicrotask(callback), () => {}) };
    expect(codeOf(await openOsKeychain({ installation: randomUUID(), timers }))).toBe("keychain.time-out");
  });

  test("a service without a keyring is locked, not empty", async () => {
    expect(await ask(["dbus-run-session", "--", process.execPath, asker, "open"])).toEqual(["keychain.locked"]);
  });

  test("unlocked, then locked under us: never 'no such key'", async () => {
    const script = `printf 'ci\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"`;
    const answers = await ask([
      "dbus-run-session",
      "--",
      "bash",
      "-c",
      script,
      "bash",
      process.execPath,
      asker,
      "open",
      "set",
      "lock",
      "get",
      "get-other",
      "set",
      "open",
    ]);
    expect(answers).toEqual(["ok", "ok", "locked now", "keychain.locked", "keychain.locked", "keychain.locked", "keychain.locked"]);
  });

  test("many questions at once: none takes another's probe for a keychain that keeps nothing", async () => {
    const script = `printf 'ci\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"`;
    const answers = await ask(["dbus-run-session", "--", "bash", "-c", script, "bash", process.execPath, asker, "open", "get-others"]);
    expect(answers).toEqual(["ok", "keychain.no-such-key"]);
  });

  test("the service was started anew under us: what it kept is still there, and what is not there is said", async () => {
    const tasks = ["open", "set", "get", "restart", "get", "get-other", "set"];
    const script = `printf 'ci\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"`;
    const answers = await ask(["dbus-run-session", "--", "bash", "-c", script, "bash", process.execPath, asker, ...tasks]);
    expect(answers).toEqual(["ok", "ok", "ok", "another service", "ok", "keychain.no-such-key", "ok"]);
  });
});

async function ask([program = "", ...rest]: readonly string[]): Promise<unknown> {
  const home = scratchFolder();
  const { stdout } = await run(program, rest, { env: { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home }, timeout: 50_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}
