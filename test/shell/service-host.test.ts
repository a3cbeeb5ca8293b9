// Does the host keep a real child process alive, with a stated environment and no more starts than its cap? A forked Node child stands in for Electron's.
// docs/electron-security.md, rows 14 and 24.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { AgentHost } from "../../electron/main/agent-host.ts";
import type { ToService } from "../../core/api/host-messages.ts";
import { type Child, type ForkOptions, maximumStarts, ServiceHost, serviceEnvironment } from "../../electron/main/service-host.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-shell-"));
const program = join(folder, "child.mjs");
writeFileSync(
  program,
  `process.on("message", (message) => message === "die" ? process.exit(3) : process.send({ env: process.env, execArgv: process.execArgv, message }));
   console.log("out");
   console.error("err");`,
);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

describe("row 24: the service process", () => {
  test("has the environment that is stated, no arguments of Node's, and its lines are read", async () => {
    const lines: string[] = [];
    const heard = Promise.withResolvers<Record<string, unknown>>();
    const host = hostOf({
      onMessage: (message) => heard.resolve(message as Record<string, unknown>),
      onLine: (line) => void lines.push(line),
    });
    process.env["NODE_OPTIONS_FOR_TEST"] = "leak";
    host.start();
    host.post("hello");
    const told = await heard.promise;
    expect(told).toMatchObject({ env: { LANG: "C" }, execArgv: [], message: "hello" });
    expect(
      Object.keys(told["env"] as object).filter(
        (name) => name !== "LANG" && name !== "NODE_CHANNEL_FD" && !name.startsWith("NODE_CHANNEL"),
      ),
    ).toEqual([]);
    await expect.poll(() => lines.sort()).toEqual(["err", "out"]);
    host.stop();
    delete process.env["NODE_OPTIONS_FOR_TEST"];
  });

  test("is started again when it dies, and given up after its cap", async () => {
    let starts = 0;
    const givenUp = Promise.withResolvers<void>();
    const host = hostOf({
      onStart: () => {
        starts += 1;
        queueMicrotask(() => host.post("die"));
      },
      onGivenUp: () => givenUp.resolve(),
    });
    host.start();
    await givenUp.promise;
    expect(starts).toBe(maximumStarts);
    expect(host.post("nobody")).toBe(false);
  });

  test("that is stopped stays stopped", async () => {
    let starts = 0;
    const host = hostOf({ onStart: () => void (starts += 1) });
    host.start();
    const child = children.at(-1);
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    host.stop();
    await gone;
    await new Promise((resolve) => setImmediate(resolve));
    expect(starts).toBe(1);
  });

  test("inherits only what it needs", () => {
    const kept = serviceEnvironment({
      HOME: "/h",
      NODE_OPTIONS: "--inspect",
      ELECTRON_RUN_AS_NODE: "1",
      LD_PRELOAD: "x",
      AWS_SECRET: "s",
      LANG: "C",
    });
    expect(kept).toEqual({ HOME: "/h", LANG: "C" });
  });
});

describe("the agent of a simulated launch", () => {
  test("gets two absolute paths and nothing else, and tells its lines and its code", () => {
    const told: ToService[] = [];
    const args: (readonly string[])[] = [];
    let end: (code: number | undefined) => void = () => {};
    const host = new AgentHost({
      tell: (message) => void told.push(message),
      fork: (given) => {
        args.push(given);
        return { onLine: (listener) => listener("line"), onExit: (listener) => (end = listener), kill: () => end(undefined) };
      },
    });
    host.hear({ do: "run-agent", run: "a", configuration: "/c", processor: "/p" });
    host.hear({ do: "run-agent", run: "a", configuration: "/c", processor: "/p" });
    host.hear({ do: "run-agent", run: "b", configuration: "c", processor: "/p" });
    host.hear({ do: "run-agent", run: "c", configuration: "/c", processor: "--inspect" });
    expect(args).toEqual([["--configuration", "/c", "--processor", "/p", "--disk-mode", "test"]]);
    end(4);
    host.hear({ do: "stop-agent", run: "a" });
    expect(told).toEqual([
      { do: "agent-line", run: "a", line: "line" },
      { do: "agent-ended", run: "a" },
      { do: "agent-ended", run: "b" },
      { do: "agent-ended", run: "c" },
      { do: "agent-ended", run: "a", exitCode: 4 },
    ]);
  });
});

interface Hears {
  readonly onMessage?: (message: unknown) => void;
  readonly onLine?: (line: string) => void;
  readonly onStart?: () => void;
  readonly onGivenUp?: () => void;
}

/** Time stands still and waits are over at once, so that the cap is reached without waiting. */
function hostOf(hears: Hears): ServiceHost<never> {
  return new ServiceHost<never>({
    fork: forkNode,
    env: { LANG: "C" },
    onMessage: () => {},
    onLine: () => {},
    onStart: () => {},
    onGivenUp: () => {},
    monotonic: () => 0,
    after(_ms, callback) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
    ...hears,
  });
}

function forkNode({ env, execArgv }: ForkOptions): Child<never> {
  const child = fork(program, { env: { ...env }, execArgv: [...execArgv], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  children.push(child);
  return {
    post: (message) => void child.send(message as string),
    onMessage: (listener) => void child.on("message", listener),
    onLine(listener) {
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", listener);
    },
    onExit: (listener) => void child.once("exit", (code) => listener(code ?? undefined)),
    kill: () => void child.kill(),
  };
}
