// `npm test`: does everything hold? Set-up, the checks, the built console, then every test with a private keyring.
// With arguments (`npm test -- test/snp`) only those tests run. With CI=true nothing may be missing and nothing may be skipped.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failedChecks } from "./check.mjs";
import { runWithKeyring } from "./keyring.mjs";
import { missingPrograms, missingSentence } from "./programs.mjs";
import { buildRenderer } from "./renderer.mjs";
import { root, say, stop } from "./runtime.mjs";
import { setUp } from "./setup.mjs";
import { closingLine, countTests } from "./test-count.mjs";

const args = process.argv.slice(2);
const strict = process.env["CI"] === "true";
const missing = missingPrograms();
for (const program of missing) say(`${missingSentence(program)}: ${strict ? "CI=true needs it." : "tests that need it are skipped."}`);
if (strict && missing.length > 0) stop("Nothing was run: with CI=true no test may be skipped.");

const node = await setUp();
const broken = args.length > 0 ? [] : [...(await failedChecks(node))];
if (!(await buildRenderer(node))) broken.push("console build");

const results = join(root, "test/results");
const report = join(results, "vitest.json");
mkdirSync(results, { recursive: true });
rmSync(report, { force: true });
// The tests start the program some hundred times: what V8 made of it the first time is kept.
process.env["NODE_COMPILE_CACHE"] ??= join(results, "compile-cache");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const code = await runWithKeyring(node, [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args]);
const count = countTests(readReport());

for (const name of strict ? count.skippedNames : []) say(`skipped, which CI=true does not allow: ${name}`);
if (broken.length > 0) say(`Failed before the tests: ${broken.join(", ")}.`);
process.stdout.write(`${closingLine(count)}\n`);
process.exit(code !== 0 || broken.length > 0 || count.failed > 0 || (strict && count.skipped > 0) ? Math.max(code, 1) : 0);

/** @returns {unknown} */
function readReport() {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined;
  }
}
