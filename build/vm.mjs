// `npm run test:vm`: does the agent boot real VMs, and power off all that it should not boot? Set-up, QEMU and whole Debian systems where they can be
// had, then the tests in test/vm. With arguments (`npm run test:vm -- test/vm/refusals`) only those. With CI=true nothing may be missing.
import { join } from "node:path";
import { bringDebianPackages } from "./debian-packages.mjs";
import { root, run, say, stop } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

const strict = process.env["CI"] === "true";
const node = await setUp();
const lacking = bringDebianPackages() ?? ((await run(node, [join(root, "test/vm/debian-tree.ts")])) === 0 ? undefined : noSystems());
if (lacking !== undefined) {
  say(lacking);
  if (strict) stop("Nothing was run: with CI=true no test may be skipped.");
}
const vitest = join(root, "node_modules/vitest/vitest.mjs");
process.exit(await run(node, [vitest, "run", "--config", "vitest.vm.config.ts", ...process.argv.slice(2)]));

function noSystems() {
  return "Debian's systems were not made (see the lines above): the tests that need them are skipped.";
}
