// `npm run bench`: how fast is it, beside its own floor measured in the same run? Runs test/bench/main.ts with a private keyring.
import { join } from "node:path";
import { runWithKeyring } from "./keyring.mjs";
import { root } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

const node = await setUp();
process.exit(await runWithKeyring(node, [join(root, "test/bench/main.ts"), ...process.argv.slice(2)]));
