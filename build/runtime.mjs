// How is a program of this project started, and on which Node? Portcullis runs on Node 24, which npm brings as a package.
// Plain JavaScript that runs on Node 20 before anything is installed. It never looks for another Node on the machine.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {string | undefined} the Node 24 that npm brought; where npm has none for this platform, the running one if it is new enough */
export function node24() {
  const names = process.platform === "win32" ? ["node.exe", "bin/node.exe"] : ["bin/node"];
  const platform = process.platform === "win32" ? "win" : process.platform;
  const brought = names
    .map((name) => join(root, "node_modules", `node-${platform}-${process.arch}`, name))
    .find((path) => existsSync(path));
  return brought ?? (major() >= 24 ? process.execPath : undefined);
}

/** @returns {string} the Node 24 to use; ends the program with a sentence where there is none */
export function requireNode24() {
  return (
    node24() ??
    stop(`Portcullis needs Node 24. npm has none for ${process.platform} ${process.arch}: install Node 24 or newer and run this again.`)
  );
}

/**
 * Runs a program with this terminal; signals sent to us reach it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, stdio?: import("node:child_process").StdioOptions, shell?: boolean }} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number where a signal ended it; 127 where it could not be started
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options, env: options.env ?? environment() });
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // A terminal gives Ctrl-C to the whole group, the child included: passing it on would make it two.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of passedSignals) process.on(signal, forward);
    const finish = (/** @type {number} */ code) => {
      for (const signal of passedSignals) process.off(signal, forward);
      resolve(code);
    };
    child.once("error", (error) => {
      say(`${command} could not be started: ${error.message}`);
      finish(127);
    });
    child.once("close", (code, signal) => finish(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/**
 * Our own environment with Node 24 and the project's programs first on the PATH.
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(extra = {}) {
  const programs = join(root, "node_modules/.bin");
  const node = node24();
  const first = node === undefined ? [programs] : [dirname(node), programs];
  return { ...process.env, ...extra, PATH: [...first, process.env["PATH"] ?? ""].join(delimiter) };
}

/**
 * One line of progress, on stderr, so that stdout stays what the command answers.
 * @param {string} sentence
 */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

/**
 * @param {string} sentence what happened and what to do
 * @returns {never}
 */
export function stop(sentence) {
  say(sentence);
  process.exit(1);
}

function major() {
  return Number(process.versions.node.split(".")[0]);
}

/** @type {readonly NodeJS.Signals[]} */
const passedSignals = ["SIGINT", "SIGTERM", "SIGHUP"];
