// Where are the other files of this program, and which version is it? Found from this file's own place in the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export const programFiles = {
  /** The built console. */
  renderer: join(root, "out/renderer"),
  /** The agent with the simulated report source. */
  simulatedAgent: join(root, "agent/simulated-main.ts"),
} as const;

export function programVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : undefined;
  return typeof version === "string" ? version : "unknown";
}
