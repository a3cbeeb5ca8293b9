// `npm run test:electron`: does the shell keep its rules in Electron's own runtime? Where that runtime cannot be had it says so in one line and ends
// with 0: what has then never run is listed in LIMITATIONS.md. Needs a display (or xvfb-run).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron } from "playwright-core";
import { shellChecks } from "./shell-checks.ts";

const root = join(import.meta.dirname, "../..");
const program = findElectron();
if (program === undefined)
  console.log("skipped: Electron's runtime is not installed here (node node_modules/electron/install.js fetches it)");
else if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"])
  console.log("skipped: Electron needs a display (xvfb-run npm run test:electron)");
else process.exitCode = (await runChecks(program)) ? 0 : 1;

async function runChecks(executablePath: string): Promise<boolean> {
  if (spawnSync(process.execPath, [join(root, "build/bundle.ts")], { cwd: root, stdio: "inherit" }).status !== 0) return false;
  const data = mkdtempSync(join(tmpdir(), "portcullis-electron-"));
  const app = await _electron.launch({ executablePath, args: [root, `--data=${data}`, "--listen=127.0.0.1:0", "--kds=off"] });
  let failed = 0;
  try {
    const page = await app.firstWindow();
    await page.waitForLoadState("load");
    for (const { row, name, holds } of shellChecks) {
      const held = await holds(page, app).catch((thrown: unknown) => {
        console.log(String(thrown));
        return false;
      });
      if (!held) failed += 1;
      console.log(`${held ? "ok    " : "FAILED"} row ${row}: ${name}`);
    }
  } finally {
    await app.close();
    rmSync(data, { recursive: true, force: true });
  }
  return failed === 0;
}

function findElectron(): string | undefined {
  const folder = join(root, "node_modules/electron");
  const pathFile = join(folder, "path.txt");
  if (!existsSync(pathFile)) return undefined;
  const path = join(process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(folder, "dist"), readFileSync(pathFile, "utf8"));
  return existsSync(path) ? path : undefined;
}
