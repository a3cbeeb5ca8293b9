// Does a program that the launcher started behave as if it had been started alone: its exit code, its signals, its keyring?
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { node24, root, run } from "../../build/runtime.mjs";
import { needs } from "../kit/needs.ts";

const runtime = pathToFileURL(join(root, "build/runtime.mjs")).href;
const keyring = pathToFileURL(join(root, "build/keyring.mjs")).href;

/** Starts a launcher of one line; its stdin is no terminal. */
function launch(line: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ["--input-type=module", "-e", line], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
}

async function answerOf(child: ChildProcess): Promise<{ text: string; code: number | null }> {
  let text = "";
  child.stdout?.on("data", (chunk) => (text += String(chunk)));
  await once(child, "close");
  return { text, code: child.exitCode };
}

test("the Node that npm brought is 24 or newer", async () => {
  expect(await run(node24() ?? "", ["-e", "process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)"])).toBe(0);
});

test("an exit code comes through, a signal as 128 and its number, a missing program as 127", async () => {
  expect(await run(process.execPath, ["-e", "process.exit(9)"])).toBe(9);
  expect(await run(process.execPath, ["-e", "process.kill(process.pid, 'SIGKILL')"])).toBe(137);
  expect(await run(join(root, "absent"), [], { stdio: "ignore" })).toBe(127);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s reaches the program", async (signal) => {
  const program = `process.on("${signal}", () => process.exit(42)); setInterval(() => {}, 1000); console.log("ready")`;
  const launcher = launch(
    `import { run } from "${runtime}"; process.exit(await run(process.execPath, ["-e", ${JSON.stringify(program)}]));`,
  );
  launcher.stdout?.once("data", () => launcher.kill(signal));
  expect((await answerOf(launcher)).code).toBe(42);
});

describe("the tests' keyring", needs("dbus-daemon", "gnome-keyring-daemon"), () => {
  const program = `
    const { Entry } = require(${JSON.stringify(join(root, "node_modules/keytar"))});
    const entry = new Entry("portcullis-test", "account", { linux: { store: "secret-service" } });
    const before = entry.getPassword();
    entry.setPassword("kept");
    console.log(JSON.stringify([before, entry.getPassword(), process.env.HOME, process.env.DBUS_SESSION_BUS_ADDRESS, process.env.SSH_AUTH_SOCK ?? null]));
    process.exitCode = 3;`;
  const line = `import { runWithKeyring } from "${keyring}"; process.exit(await runWithKeyring(process.execPath, ["-e", ${JSON.stringify(program)}]));`;

  test("is empty, unlocked, its own, and gone afterwards", async () => {
    const personal = { HOME: "/home/person", DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1/bus", SSH_AUTH_SOCK: "/run/agent" };
    const { text, code } = await answerOf(launch(line, personal));
    const [before, after, home, bus, agent] = JSON.parse(text) as (string | null)[];
    expect({ code, before, after, agent }).toEqual({ code: 3, before: null, after: "kept", agent: null });
    expect(home).not.toBe(personal.HOME);
    expect(bus).not.toBe(personal.DBUS_SESSION_BUS_ADDRESS);
    expect(existsSync(home ?? "")).toBe(false);
  });

  test("ends with the launcher, and so does the program", async () => {
    const waiting = `console.log(process.pid); setInterval(() => {}, 1000);`;
    const launcher = launch(
      `import { runWithKeyring } from "${keyring}"; process.exit(await runWithKeyring(process.execPath, ["-e", "${waiting}"]));`,
    );
    launcher.stdout?.once("data", () => launcher.kill("SIGTERM"));
    const { text, code } = await answerOf(launcher);
    expect(code).toBe(143);
    await vi.waitFor(() => expect(() => process.kill(Number(text), 0)).toThrow("ESRCH"), { timeout: 10_000 });
  });

  test("is not a person's own where its programs are missing", async () => {
    const answer = `console.log(process.env.DBUS_SESSION_BUS_ADDRESS ?? "no bus", process.env.PORTCULLIS_TEST_KEYRING ?? "no keyring")`;
    // findProgram looks where administrators' programs are too; the daemon is in none of these.
    const without = `import { runWithKeyring } from "${keyring}"; process.exit(await runWithKeyring(process.execPath, ["-e", ${JSON.stringify(answer)}]));`;
    const { text } = await answerOf(launch(without, { PATH: "/nonexistent", DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1/bus" }));
    expect(text).toBe("unix:path=/nonexistent/tests-use-no-session-bus no keyring\n");
  });
});
