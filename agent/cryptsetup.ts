// How is cryptsetup run without leaving a key anywhere? By absolute path, with an empty environment, and the key on its standard input (lent-key.ts).
// Never reads what cryptsetup prints to people: only exit codes, and the header's JSON, are answers.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import type { LentKey } from "./lent-key.ts";

export interface CommandOptions {
  /** Absolute. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** Its standard input. */
  readonly key?: LentKey;
  /** Aborting kills the program. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface CommandAnswer {
  /** Undefined where the program was killed, or could not be started. */
  readonly exit: number | undefined;
  /** It was killed because of the signal or the time. */
  readonly cut: boolean;
  /** Undefined where it was longer than {@link longestOutput}. */
  readonly output: Uint8Array | undefined;
}

/** The usual places, because an initramfs has no PATH to trust. */
export function findCryptsetup(): string | undefined {
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Never rejects: that the program is missing or dies is an answer. Does not take `key` back. */
export function runCommand({ program, arguments: words, key, signal, timeoutMs }: CommandOptions): Promise<CommandAnswer> {
  if (signal.aborted) return Promise.resolve({ exit: undefined, cut: true, output: undefined });
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: "/", env: environment(), stdio: [key?.fd ?? "ignore", "pipe", "ignore"] });
    let cut = false;
    let output: Uint8Array[] | undefined = [];
    const kill = (): void => {
      cut = true;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(kill, timeoutMs);
    signal.addEventListener("abort", kill);
    const settle = (exit: number | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      resolve({ exit, cut, output: output === undefined ? undefined : new Uint8Array(Buffer.concat(output)) });
    };
    child.once("error", () => settle(undefined));
    child.once("close", (code) => settle(code ?? undefined));
    child.stdout?.on("data", (chunk: Uint8Array) => {
      const soFar = output?.reduce((sum, { length }) => sum + length, chunk.length);
      if (soFar !== undefined && soFar <= longestOutput) output?.push(chunk);
      else output = undefined;
    });
  });
}

/** Device-mapper waits for udev unless told that there is none; nothing else of the environment is passed on. */
function environment(): Record<string, string> {
  return existsSync("/run/udev/control") ? {} : { DM_DISABLE_UDEV: "1" };
}

const places: readonly string[] = [
  "/usr/sbin/cryptsetup",
  "/sbin/cryptsetup",
  "/usr/bin/cryptsetup",
  "/bin/cryptsetup",
  "/usr/local/sbin/cryptsetup",
];
/** A LUKS2 header's JSON is at most 4 MiB by its format; one with the slots that we accept is far smaller. */
const longestOutput = 262_144;
