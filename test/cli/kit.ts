// The command line as people have it: real processes, a data folder of their own, a sealed key file instead of somebody's keychain.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hierarchyFolder, simulatedHierarchy } from "../kit/simulated.ts";

export const portcullisProgram = join(import.meta.dirname, "../../core/cli/main.ts");

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  json(): unknown;
}

/** Runs `portcullis …args` to its end; stdin is no terminal. */
export function portcullis(...args: readonly string[]): Promise<Answer> {
  return portcullisIn(process.cwd(), ...args);
}

/** The same in a folder, where names of files are short. */
export function portcullisIn(folder: string, ...args: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [portcullisProgram, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 });
  return answerOf(child);
}

export interface Installation {
  readonly folder: string;
  readonly passphraseFile: string;
  readonly data: readonly ["--data", string];
  remove(): void;
}

/** @param simulator true puts the tests' shared hierarchy there, which takes seconds to make. */
export async function makeInstallation(simulator = false): Promise<Installation> {
  const top = mkdtempSync(join(tmpdir(), "portcullis-cli-"));
  const folder = join(top, "data");
  mkdirSync(join(folder, "simulator"), { recursive: true, mode: 0o700 });
  if (simulator) {
    await simulatedHierarchy();
    copyFileSync(join(hierarchyFolder, "simulated-Milan.json"), join(folder, "simulator", "simulated-Milan.json"));
  }
  const passphraseFile = join(top, "passphrase");
  writeFileSync(passphraseFile, "a passphrase for tests\n", { mode: 0o600 });
  return { folder, passphraseFile, data: ["--data", folder], remove: () => rmSync(top, { recursive: true, force: true }) };
}

export interface Served {
  readonly process: ChildProcess;
  /** Each line of stdout so far, which is one JSON object a line. */
  readonly events: readonly Record<string, unknown>[];
  /** Resolves with the first event of that name, past or future. */
  event(name: string): Promise<Record<string, unknown>>;
  readonly ended: Promise<Answer>;
  stop(): Promise<Answer>;
}

/** `portcullis serve --json`; resolves when it has printed its first console link. */
export function serve(installation: Installation, ...more: readonly string[]): Promise<Served> {
  return serveWith(installation, ["--keychain", "sealed-file", "--passphrase-file", installation.passphraseFile, ...more], process.env);
}

/** The same with nothing said about a keychain. */
export async function serveWith({ folder }: Installation, more: readonly string[], env: NodeJS.ProcessEnv): Promise<Served> {
  const listen = more.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const args = [portcullisProgram, "serve", "--json", "--data", folder, "--kds", "off", ...listen, ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
  const events: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  child.stdout.on("data", (piece: Buffer) => {
    const lines = (rest + piece.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{") && line.endsWith("}")) events.push(JSON.parse(line) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  const ended = answerOf(child);
  const event = (name: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find((one) => one["event"] === name);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then((answer) => reject(new Error(`serve ended with ${answer.code} before "${name}": ${answer.stderr}`)));
    });
  await event("console-link");
  return {
    process: child,
    events,
    event,
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function answerOf(child: ChildProcess): Promise<Answer> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (piece: Buffer) => (stdout += piece.toString("utf8")));
  child.stderr?.on("data", (piece: Buffer) => (stderr += piece.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as unknown }));
  });
}
