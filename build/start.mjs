// `npm start`: what does a person need to see the console? Everything is set up, then the desktop app opens;
// where Electron's runtime cannot be had, the same console opens in the browser. Arguments go to the program that is started.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildRenderer } from "./renderer.mjs";
import { root, run, say, stop } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

const args = process.argv.slice(2);
const node = await setUp();
if (!(await buildRenderer(node))) stop("The console could not be built: see the lines above.");
const desktop = await findOrFetchElectron();
process.exit(desktop === undefined ? await startInBrowser() : await startDesktop(desktop));

/** @param {string} electron */
async function startDesktop(electron) {
  if ((await run(node, [join(root, "build/bundle.ts")], { stdio: ["ignore", 2, 2] })) !== 0)
    stop("The desktop app could not be built: see the lines above.");
  return run(electron, [root, ...args]);
}

function startInBrowser() {
  return run(node, [join(root, "core/cli/main.ts"), "serve", "--open", ...args]);
}

async function findOrFetchElectron() {
  const present = findElectron();
  if (present === undefined) {
    say("Fetching Electron's runtime (once, a minute at most) …");
    await fetchElectron();
  }
  const electron = present ?? findElectron();
  if (electron === undefined) say("Electron's runtime could not be fetched, so the console opens in the browser instead.");
  else if (!hasDisplay()) say("There is no display for the desktop app here, so the console opens in the browser instead.");
  return hasDisplay() ? electron : undefined;
}

/** @returns {string | undefined} Electron's own program, found the way the electron package finds it */
function findElectron() {
  const folder = join(root, "node_modules/electron");
  const pathFile = join(folder, "path.txt");
  const override = process.env["ELECTRON_OVERRIDE_DIST_PATH"];
  const name = existsSync(pathFile) ? readFileSync(pathFile, "utf8") : override === undefined ? undefined : "electron";
  if (name === undefined) return undefined;
  const program = join(override ?? join(folder, "dist"), name);
  return existsSync(program) ? program : undefined;
}

/** Electron's own installer, quiet and with an end; whether it succeeded shows in what it left. */
function fetchElectron() {
  return new Promise((resolve) => {
    const child = spawn(node, [join(root, "node_modules/electron/install.js")], {
      cwd: root,
      stdio: "ignore",
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    child.once("error", resolve);
    child.once("close", resolve);
  });
}

function hasDisplay() {
  return process.platform !== "linux" || Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);
}
