// A manager of its own for one test: the real `portcullis serve` in a process and a data folder of its own, followed by its JSON lines.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { buildRenderer } from "../../build/renderer.mjs";

const line = z.discriminatedUnion("event", [
  z.looseObject({ event: z.literal("started") }),
  z.looseObject({ event: z.literal("console-link"), url: z.string() }),
  z.looseObject({ event: z.literal("confirmation"), code: z.string(), summary: z.array(z.string()) }),
]);
export type ServeLine = z.infer<typeof line>;

export interface Served {
  /** Resolves with the first line of this event, told already or to come. */
  told<E extends ServeLine["event"]>(event: E): Promise<Extract<ServeLine, { event: E }>>;
  /** Everything that it wrote, for a failed test and for looking for what must not be there. */
  written(): string;
  stop(): Promise<void>;
}

export async function serve(): Promise<Served> {
  if (!(await buildRenderer(process.execPath))) throw new Error("the console does not build");
  const folder = mkdtempSync(join(tmpdir(), "portcullis-serve-"));
  const child = spawn(
    process.execPath,
    [join(root, "core/cli/main.ts"), "serve", "--data", join(folder, "data"), "--listen", "127.0.0.1:0", "--kds", "off", "--json"],
    // No session bus: a first start without a keychain of the system's, wherever the tests run.
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" } },
  );
  const lines: ServeLine[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  createInterface(child.stdout).on("line", (written) => {
    text += `${written}\n`;
    const read = line.safeParse(JSON.parse(written));
    if (read.success) lines.push(read.data);
    for (const look of waiting) look();
  });
  child.stderr.on("data", (chunk) => {
    text += String(chunk);
  });
  return {
    written: () => text,
    told: (event) =>
      new Promise((found, missed) => {
        const look = (): void => {
          const told = lines.find((each): each is Extract<ServeLine, { event: typeof event }> => each.event === event);
          if (told === undefined) return;
          waiting.delete(look);
          found(told);
        };
        waiting.add(look);
        child.once("exit", () => missed(new Error(`serve ended before it said ${event}:\n${text}`)));
        look();
      }),
    async stop() {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(timer);
}

const root = resolve(import.meta.dirname, "../..");
