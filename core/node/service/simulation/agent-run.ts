// How is the real agent run beside the manager? As a program of its own, with nothing of our environment, its console lines read back.
// Electron brings another runner: its own program cannot be used as Node (electron/main/agent-host.ts). The key never passes through here.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface AgentArguments {
  /** The canonical configuration's file. */
  readonly configuration: string;
  /** The simulated processor's socket. */
  readonly processor: string;
}

export interface AgentRun {
  /** The exit code; undefined where it was stopped or could not be started. */
  readonly ended: Promise<number | undefined>;
  /** Ends it, at once where it does not listen. */
  stop(): void;
}

export type RunAgent = (args: AgentArguments, onLine: (line: string) => void) => AgentRun;

/** @param program of the agent with its simulated report source: TypeScript, or its bundle. */
export function nodeAgentRunner(program: string): RunAgent {
  return ({ configuration, processor }, onLine) => {
    const args = [program, "--configuration", configuration, "--processor", processor, "--disk-mode", "test"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: systemPath }, windowsHide: true });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
    let killing: NodeJS.Timeout | undefined;
    const ended = new Promise<number | undefined>((resolve) => {
      child.once("error", () => resolve(undefined));
      child.once("close", (code) => resolve(code ?? undefined));
    });
    return {
      ended: ended.finally(() => clearTimeout(killing)),
      stop() {
        child.kill("SIGTERM");
        killing ??= setTimeout(() => child.kill("SIGKILL"), patience);
      },
    };
  };
}

const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";
const patience = 3_000;
