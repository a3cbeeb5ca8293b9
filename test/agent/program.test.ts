// Does the program itself, as a process of its own, open a real disk and end with the code that says what the initramfs should do?
// Against the manager's real listener and machine, with a simulated processor on its socket.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { missing } from "../kit/needs.ts";
import { bytes, launchId, vm } from "../launch/kit.ts";
import { configurationFor, scratchFolder } from "./kit.ts";
import { fromSource, scene, startAgent } from "./process.ts";

describe.skipIf(missing("cryptsetup"))("the simulated agent", () => {
  test("opens a real LUKS2 disk and shows its key nowhere", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    const ended = await run.agent();
    expect(ended.lines.map(({ event }) => event)).toEqual([
      "agent.started",
      "agent.connected",
      "agent.challenged",
      "agent.released",
      "agent.disk-opened",
      "agent.recorded",
      "agent.launch-ended",
      "agent.ended",
    ]);
    expect(ended.exit).toBe(0);
    expect(run.manager.outcomes).toEqual([[{ disk: "root", opened: true }]]);
    const forms = [toHex(key), Buffer.from(key).toString("base64"), Buffer.from(key).toString("latin1")];
    for (const form of forms) expect(ended.text).not.toContain(form);
    expect(readdirSync(run.scratch)).toEqual([]);
  });

  test("with the key of another disk says so, and ends with 14", async () => {
    const run = await scene(bytes(32), new Map([["root", bytes(32)]]));
    expect(await run.agent()).toMatchObject({ exit: 14 });
    expect(run.manager.outcomes).toEqual([[{ disk: "root", opened: false, code: "agent.disk-key" }]]);
  });

  test("with a configuration that the host changed ends with 11 before it asks for a key", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    const changed = configurationFor([run.manager], [{ id: "root", device: "/dev/other" }]);
    const ended = await run.agent(changed);
    expect(ended.exit).toBe(11);
    expect(ended.text).not.toContain("agent.released");
  });

  test("leaves a status file for the running system where the manager recorded the launch, for everybody to read", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    const status = join(scratchFolder(), "status");
    // Of an agent that was killed while it wrote.
    writeFileSync(`${status}.new`, "half", { mode: 0o400 });
    const umask = process.umask(0o077);
    const running = run.start(undefined, {}, ["--status", status]);
    process.umask(umask);
    expect(await running.ended).toMatchObject({ exit: 0 });
    const lines = readFileSync(status, "utf8").split("\n");
    expect(lines).toEqual([`launch=${launchId}`, `vm=${vm}`, expect.stringMatching(/^time=2.*Z$/), ""]);
    expect(statSync(status).mode & 0o777).toBe(0o444);
    expect(readdirSync(dirname(status))).toEqual(["status"]);
  });

  test("leaves no status file where the disk did not open, or nobody allowed it", async () => {
    const status = join(scratchFolder(), "status");
    const wrong = await scene(bytes(32), new Map([["root", bytes(32)]]));
    expect(await wrong.start(undefined, {}, ["--status", status]).ended).toMatchObject({ exit: 14 });
    const waiting = await scene(bytes(32), new Map(), "hang");
    const { child, ended, heard } = waiting.start(undefined, {}, ["--status", status]);
    await expect.poll(heard, { timeout: 20_000 }).toContain("agent.challenged");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ exit: 16 });
    expect(existsSync(status)).toBe(false);
  });

  test("says that its status cannot be written, and opens the disks all the same", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    for (const status of ["/nowhere/status", "/dev/null/status", run.scratch]) {
      const ended = await run.start(undefined, {}, ["--status", status]).ended;
      expect(ended.lines).toContainEqual(expect.objectContaining({ event: "agent.status-unwritten", path: status }));
      expect(ended.exit).toBe(0);
    }
    rmSync(`${run.scratch}.new`);
  });

  test("stops at SIGTERM with 16, and its arguments and environment hold no key", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]), "hang");
    const { child, ended, heard } = run.start();
    await expect.poll(heard, { timeout: 20_000 }).toContain("agent.challenged");
    const seen = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${child.pid}/${name}`).toString("latin1")).join();
    expect(seen).not.toContain(toHex(key));
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ exit: 16 });
  });

  test("whose console goes away goes on, and opens the disk", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    const { child, ended } = run.start();
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ exit: 0 });
    expect(run.manager.outcomes).toEqual([[{ disk: "root", opened: true }]]);
  });

  test("after SIGKILL at any moment a new start opens the disk", async () => {
    const key = bytes(32);
    const run = await scene(key, new Map([["root", key]]));
    for (const event of ["agent.connected", "agent.challenged", "agent.released"]) {
      const { child, ended, heard } = run.start();
      await expect.poll(heard, { timeout: 20_000, interval: 2 }).toContain(event);
      child.kill("SIGKILL");
      await ended;
    }
    expect(await run.agent()).toMatchObject({ exit: 0 });
  });
});

describe("what cannot start", () => {
  test.each([
    ["main.ts", ["--help"], 0],
    ["simulated-main.ts", ["--help"], 0],
    ["main.ts", ["--nonsense"], 2],
    ["main.ts", ["--processor", "/x"], 2],
    ["main.ts", ["--status", "run/status"], 2],
    ["main.ts", ["--cryptsetup", "/nowhere/cryptsetup", "--disk-mode", "test"], 12],
    ["main.ts", ["--cryptsetup", "/bin/sh", "--disk-mode", "test", "--configuration", "/nowhere"], 10],
  ] as const)("%s %j ends with %i", async (file, words, exit) => {
    const { ended } = startAgent(fromSource(file), words);
    expect((await ended).exit).toBe(exit);
  });

  test("the release program knows no simulated processor", async () => {
    const help = await startAgent(fromSource("main.ts"), ["--help"]).ended;
    expect(help.text).not.toMatch(/simulated|processor SOCKET/i);
    expect((await startAgent(fromSource("simulated-main.ts"), ["--help"]).ended).text).toContain("SIMULATED");
  });
});
