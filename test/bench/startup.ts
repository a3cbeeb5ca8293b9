// How long until a manager listens? From the start of the process to its own word that it does, beside the bare start of the same Node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../build/runtime.mjs";
import { keychainHere } from "../proofs/real-manager.ts";
import { figure, ratio, type Report } from "./figures.ts";

export async function benchStartUp(rounds: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const words = ["serve", "--json", "--data", join(folder, "data"), "--listen", "127.0.0.1:0", "--kds", "off"];
  const os = keychainHere() === "secret-service";
  const serve: number[] = [];
  const launcher: number[] = [];
  const loading: number[] = [];
  const bare: number[] = [];
  try {
    // The first start makes the CA and the database: it is not measured.
    await untilStarted([join(root, "core/cli/main.ts"), ...words]);
    for (let round = 0; round < rounds; round++) {
      serve.push(await untilStarted([join(root, "core/cli/main.ts"), ...words]));
      bare.push(await untilEnd(["-e", "0"]));
      loading.push(await untilEnd([join(root, "core/cli/main.ts"), "--version"]));
      launcher.push(await untilStarted([join(root, "build/portcullis.mjs"), ...words]));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    title: `Start-up (${rounds} rounds)`,
    ratios: [ratio("portcullis serve / node -e 0", serve, bare)],
    figures: [
      figure("portcullis serve, until it listens", serve),
      figure("the same through its launcher", launcher),
      figure("portcullis --version: loading the program alone", loading),
      figure("node -e 0", bare),
    ],
    notes: [os ? "With the system's keychain." : "No keychain answered: the listener is not part of these figures."],
  };
}

async function untilStarted(words: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const event: unknown = JSON.parse(line);
    if (typeof event !== "object" || event === null || !("event" in event) || event.event !== "started") continue;
    const took = performance.now() - began;
    child.kill("SIGTERM");
    await ended;
    return took;
  }
  throw new Error("portcullis serve ended before it listened");
}

async function untilEnd(words: readonly string[]): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, words, { stdio: "ignore" }), "exit");
  return performance.now() - began;
}
