// The agent as a process of its own, from its source or as the file that is shipped: with a manager's real listener, a simulated processor on
// its socket, and one real LUKS2 disk.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { must } from "../../core/base/result.ts";
import type { CanonicalConfiguration } from "../../core/launch/agent-configuration.ts";
import { startProcessorServer } from "../../core/node/simulator/processor-server.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { configurationFor, luksImage, scratchFolder, scriptedManager } from "./kit.ts";

export interface Ended {
  readonly exit: number | null;
  readonly text: string;
  readonly lines: readonly { readonly event: string }[];
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly heard: () => string;
}

/** @param program the simulated agent: from its source, unless said otherwise. */
export async function scene(
  diskKey: Uint8Array,
  keys: ReadonlyMap<string, Uint8Array>,
  judgement: "hang" | "release" = "release",
  program: readonly string[] = fromSource("simulated-main.ts"),
) {
  const folder = scratchFolder();
  const scratch = scratchFolder();
  const image = luksImage(folder, "root.img", diskKey);
  const manager = await scriptedManager({ keys, judge: () => (judgement === "hang" ? "hang" : { verdict: "release" }) });
  const configuration = configurationFor([manager], [{ id: "root", device: image }]);
  const hostData = new Uint8Array(createHash("sha256").update(configuration.bytes).digest());
  const guest = (await simulatedProcessor()).launch({ hostData });
  const socket = join(folder, "chip");
  const server = must(await startProcessorServer({ guest, path: socket }));
  onTestFinished(() => server.close());
  const start = (used: CanonicalConfiguration = configuration, env: NodeJS.ProcessEnv = {}, more: readonly string[] = []): Running => {
    const file = join(folder, "agent.json");
    writeFileSync(file, used.bytes);
    return startAgent(program, ["--configuration", file, "--processor", socket, "--disk-mode", "test", "--scratch", scratch, ...more], env);
  };
  return { manager, scratch, start, agent: (used?: CanonicalConfiguration) => start(used).ended };
}

/** An entry of agent/, run by this Node. */
export function fromSource(file: string): readonly string[] {
  return [process.execPath, join(import.meta.dirname, "../../agent", file)];
}

/** In an environment with nothing in it, unless said otherwise. Killed after the test. */
export function startAgent(program: readonly string[], words: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const [command = "", ...first] = program;
  const child = spawn(command, [...first, ...words], { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (exit) => {
      const lines = text.split("\n").filter((line) => line.startsWith("{"));
      resolve({ exit, text, lines: lines.map((line) => JSON.parse(line) as { event: string }) });
    }),
  );
  return { child, ended, heard: () => text };
}
