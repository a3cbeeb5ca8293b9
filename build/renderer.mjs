// Is the built console older than what it is made of? Then it is built again, by Vite, into out/renderer.
// It builds nothing while there is no renderer/index.html.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, run, say } from "./runtime.mjs";

/**
 * @param {string} node the Node 24 to use
 * @returns {Promise<boolean>} whether out/renderer is now what the sources say
 */
export async function buildRenderer(node) {
  if (!existsSync(join(root, "renderer/index.html"))) {
    say("The console is not built: there is no renderer/index.html.");
    return true;
  }
  if (newest(built) > Math.max(...sources.map(newest))) return true;
  say("Building the console …");
  return (await run(node, [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"])) === 0;
}

/**
 * @param {string} path
 * @returns {number} the time of the newest file there, in milliseconds; 0 where there is none
 */
function newest(path) {
  const whole = join(root, path);
  const status = statSync(whole, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...readdirSync(whole).map((name) => newest(join(path, name))));
}

const built = "out/renderer/index.html";
const sources = ["renderer", "core/api", "core/base", "core/snp", "core/measure", "core/kit", "vite.config.ts", "package-lock.json"];
