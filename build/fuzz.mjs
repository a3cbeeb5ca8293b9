// `npm run fuzz`: does any input break a parser? Runs test/fuzz/main.ts on Node 24. No keyring: nothing that is fuzzed asks for one.
import { join } from "node:path";
import { root, run } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

const node = await setUp();
process.exit(await run(node, [join(root, "test/fuzz/main.ts"), ...process.argv.slice(2)]));
