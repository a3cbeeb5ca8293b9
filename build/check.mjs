// `npm run check`: does the tree keep its own rules? Types, lint, format, and who may import whom. It changes no file.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, say } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

/**
 * Runs every check, also after one failed.
 * @param {string} node the Node 24 to use
 * @returns {Promise<readonly string[]>} the names of those that failed
 */
export async function failedChecks(node) {
  const failed = [];
  for (const [name, file, ...args] of checks) {
    say(`check: ${name}`);
    // Their findings go to stderr; only the tests answer on stdout.
    if ((await run(node, [join(root, file), ...args], { stdio: ["ignore", 2, 2] })) !== 0) failed.push(name);
  }
  return failed;
}

/** @type {readonly (readonly [name: string, file: string, ...args: string[]])[]} */
const checks = [
  ["typecheck", "node_modules/typescript/bin/tsc", "-b"],
  ["lint", "node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
  ["format", "node_modules/@biomejs/biome/bin/biome", "format", "."],
  ["imports", "build/import-rules.ts"],
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const failed = await failedChecks(await setUp());
  say(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join(", ")}.`);
  process.exit(failed.length === 0 ? 0 : 1);
}
