// How does the manager run cryptsetup? By absolute path, without a shell, with an empty environment, and with a key only ever on a pipe.
// Never reads what it prints to people: exit codes, a header's JSON and the JSON of its progress are the only answers. cryptsetup(8), 2.6.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { failure } from "../../base/failure.ts";
import { type Json, JsonFault, parseJson } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";

export interface Cryptsetup {
  /** Absolute. */
  readonly program: string;
  /** Its locks need a folder that only root can make. Without them the claim on the image's work folder is what keeps others out. */
  readonly locks: boolean;
}

export interface CommandOptions {
  readonly action: string;
  readonly words: readonly string[];
  /** Written to standard input, then the pipe is closed. Stays the caller's to wipe. */
  readonly key?: Secret;
  /** Where cryptsetup makes the files that it needs in between. */
  readonly cwd?: string;
  /** Aborting asks it to stop at the next point from which it can go on; what it does then is up to it. */
  readonly signal?: AbortSignal;
  /** From 0 to 1, where `words` ask for its progress. */
  readonly onShare?: (share: number) => void;
}

export interface CommandAnswer {
  /** Undefined where it was killed, or could not be started. */
  readonly exit: number | undefined;
  /** Undefined where it was longer than {@link longestOutput}, or where progress was asked for. */
  readonly output: Uint8Array | undefined;
}

/** `disk.platform`, `disk.no-cryptsetup`. */
export function findCryptsetup(platform: string = process.platform, places: readonly string[] = usualPlaces): Result<Cryptsetup> {
  if (platform !== "linux") return fail(failure("disk.platform", platform));
  const program = places.find(isExecutable);
  return program === undefined ? fail(failure("disk.no-cryptsetup")) : ok({ program, locks: process.getuid?.() === 0 });
}

/** `disk.old-cryptsetup` where it cannot say in JSON how far it is. */
export async function canTellProgress(tool: Cryptsetup): Promise<Result<void>> {
  const { output } = await runCryptsetup(tool, { action: "--help", words: [] });
  const told = output !== undefined && Buffer.from(output).includes(progressOption);
  return told ? ok(undefined) : fail(failure("disk.old-cryptsetup"));
}

/** Never rejects: that it is missing or dies is an answer. */
export function runCryptsetup(
  tool: Cryptsetup,
  { action, words, key, cwd = "/", signal, onShare }: CommandOptions,
): Promise<CommandAnswer> {
  if (signal?.aborted === true) return Promise.resolve({ exit: undefined, output: undefined });
  const locks = tool.locks || action.startsWith("-") ? [] : ["--disable-locks"];
  return new Promise((resolve) => {
    const child = spawn(tool.program, [action, ...locks, ...words], { cwd, env: environment(), stdio: ["pipe", "pipe", "ignore"] });
    const lent = key?.use((bytes) => bytes.slice());
    const output = onShare === undefined ? new Collected() : new ProgressLines(onShare);
    const stop = (): void => void child.kill("SIGINT");
    signal?.addEventListener("abort", stop);
    const settle = (exit: number | undefined): void => {
      signal?.removeEventListener("abort", stop);
      lent?.fill(0);
      resolve({ exit, output: output.bytes() });
    };
    child.once("error", () => settle(undefined));
    child.once("close", (code) => settle(code ?? undefined));
    // One that ends before it read the key closes the pipe; its exit code says the rest.
    child.stdin.on("error", () => {});
    child.stdin.end(lent ?? new Uint8Array(0), () => lent?.fill(0));
    child.stdout.on("data", (chunk: Uint8Array) => output.take(chunk));
  });
}

/** What an exit code means, for a failure's detail. cryptsetup(8), "RETURN CODES". */
export function exitText({ exit }: CommandAnswer): string {
  return exit === undefined ? "it was killed or could not be started" : `exit ${exit}: ${exitWords[exit] ?? "unknown"}`;
}

/** @returns the share of the work that a line of `--progress-json` tells of; undefined for any other line. */
export function shareOf(line: string): number | undefined {
  const json = jsonOf(line);
  if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) return undefined;
  const [done, all] = [countOf(json, "device_bytes"), countOf(json, "device_size")];
  return done === undefined || all === undefined || all === 0 || done > all ? undefined : done / all;
}

class Collected {
  #chunks: Uint8Array[] | undefined = [];
  #length = 0;

  take(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > longestOutput) this.#chunks = undefined;
    this.#chunks?.push(chunk);
  }

  bytes(): Uint8Array | undefined {
    return this.#chunks === undefined ? undefined : new Uint8Array(Buffer.concat(this.#chunks));
  }
}

class ProgressLines {
  readonly #onShare: (share: number) => void;
  #rest = "";

  constructor(onShare: (share: number) => void) {
    this.#onShare = onShare;
  }

  take(chunk: Uint8Array): void {
    const lines = (this.#rest + Buffer.from(chunk).toString("utf8")).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-longestLine);
    for (const line of lines) {
      const share = shareOf(line);
      if (share !== undefined) this.#onShare(share);
    }
  }

  bytes(): undefined {
    return undefined;
  }
}

function jsonOf(line: string): Json | undefined {
  try {
    return line.length > longestLine ? undefined : parseJson(line);
  } catch (fault) {
    if (fault instanceof JsonFault) return undefined;
    throw fault;
  }
}

function countOf(json: object, name: string): number | undefined {
  const text: unknown = Object.entries(json).find(([key]) => key === name)?.[1];
  return typeof text === "string" && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Device-mapper waits for udev unless told that there is none; nothing else of the environment is passed on. */
function environment(): Record<string, string> {
  return existsSync("/run/udev/control") ? {} : { DM_DISABLE_UDEV: "1" };
}

export const progressOption = "--progress-json";
const usualPlaces: readonly string[] = [
  "/usr/sbin/cryptsetup",
  "/sbin/cryptsetup",
  "/usr/bin/cryptsetup",
  "/bin/cryptsetup",
  "/usr/local/sbin/cryptsetup",
];
const exitWords: Readonly<Partial<Record<number, string>>> = {
  1: "it refused, or was stopped",
  2: "no permission, or not the key",
  3: "out of memory",
  4: "the image or device is not usable, or full",
  5: "the device exists or is busy",
};
/** A LUKS2 header's JSON is far smaller with the slots that we make. */
const longestOutput = 262_144;
const longestLine = 8_192;
