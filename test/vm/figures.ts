// What does the agent cost? Reads sizes, memory and times out of files, a VM's console, and the same program run without a VM. Judges nothing.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bytes } from "../launch/kit.ts";
import { scene } from "../agent/process.ts";
import { pathOf } from "../kit/needs.ts";
import type { Machine } from "./machine.ts";

/** Bytes. */
export interface Size {
  readonly fast: number;
  readonly small: number;
}

/** Seconds, from the kernel's start unless it says otherwise. */
export interface Times {
  /** After QEMU's start. */
  readonly kernel: number;
  /** The integration's script, which brings the network and runs the agent. */
  readonly script: number;
  readonly process: number;
  readonly started: number;
  readonly connected: number;
  /** As the script says it. */
  readonly opened: number;
}

/** Seconds from the start of the process. */
export interface NativeTimes {
  readonly started: number;
  readonly connected: number;
  readonly ended: number;
}

/** KiB. */
export interface Memory {
  readonly peak: number;
  readonly leastAvailable: number;
  readonly whole: number;
}

/** Of one file, with zstd at {@link fastLevel} and at {@link smallLevel}. @param folder ours alone. */
export async function compressedSize(file: string, folder: string): Promise<Size> {
  const [fast, small] = await Promise.all([fastLevel, smallLevel].map((level) => zstdSize(file, folder, level)));
  return { fast: fast ?? NaN, small: small ?? NaN };
}

/** @param initrd one zstd archive. @param folder ours alone. */
export async function unpackedInitrd(initrd: string, folder: string): Promise<{ readonly path: string; readonly seconds: number }> {
  const path = join(mkdtempSync(join(folder, "unpacked-")), "initrd.cpio");
  const began = performance.now();
  await run(pathOf("zstd"), ["-q", "-d", "-f", "-o", path, initrd]);
  return { path, seconds: (performance.now() - began) / 1000 };
}

/** Where the VM's command line has the word of the test. */
export function bootTimes(machine: Machine): Times {
  const text = machine.console();
  const uptime = number(text, /figures: uptime=([\d.]+)/);
  const kernel = shown(machine, "figures: uptime=") - uptime;
  return {
    kernel,
    script: number(text, /launch-started-ticks=(\d+)/) / ticksPerSecond,
    process: number(text, /agent-started-ticks=(\d+)/) / ticksPerSecond,
    started: shown(machine, '"event":"agent.started"') - kernel,
    connected: shown(machine, '"event":"agent.connected"') - kernel,
    opened: number(text, /^opened-after-seconds=([\d.]+)/m),
  };
}

export function bootMemory(machine: Machine): Memory {
  const text = machine.console();
  return {
    peak: number(text, /agent-peak-kib=(\d+)/),
    leastAvailable: number(text, /least-available-kib=(\d+)/),
    whole: number(text, /memory-kib=(\d+)/),
  };
}

/** The middle one of some runs against a manager on this machine that releases at once; one real disk's key is tried. */
export async function nativeTimes(program: string): Promise<NativeTimes> {
  const key = bytes(64);
  const { start } = await scene(key, new Map([["root", key]]), "release", [program]);
  const runs: NativeTimes[] = [];
  for (let count = 0; count < nativeRuns; count++) {
    const began = performance.now();
    const since = (): number => (performance.now() - began) / 1000;
    const agent = start();
    const seen = new Map<string, number>();
    agent.child.stdout?.on("data", () => {
      for (const event of ["started", "connected"])
        if (!seen.has(event) && agent.heard().includes(`"agent.${event}"`)) seen.set(event, since());
    });
    const { exit, text } = await agent.ended;
    if (exit !== 0) throw new Error(text);
    runs.push({ started: seen.get("started") ?? NaN, connected: seen.get("connected") ?? NaN, ended: since() });
  }
  const middle = runs.toSorted((a, b) => a.ended - b.ended)[Math.floor(nativeRuns / 2)];
  return middle ?? { started: NaN, connected: NaN, ended: NaN };
}

/** Bytes. */
export async function zstdSize(file: string, folder: string, level: number): Promise<number> {
  const packed = join(mkdtempSync(join(folder, "packed-")), `${level}.zst`);
  await run(pathOf("zstd"), ["-q", `-${level}`, "-f", "-o", packed, file]);
  const { size } = statSync(packed);
  rmSync(packed);
  return size;
}

function number(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1]);
}

/** Seconds after QEMU's start. */
function shown(machine: Machine, text: string): number {
  return (machine.shownAt(text) ?? NaN) / 1000;
}

const run = promisify(execFile);
/** As the initrds of the VM test are made. */
export const fastLevel = 3;
export const smallLevel = 19;
/** USER_HZ, which is the same for every x86 kernel (proc_pid_stat(5)). */
const ticksPerSecond = 100;
const nativeRuns = 5;
