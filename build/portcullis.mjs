#!/usr/bin/env node
// The `portcullis` command: which Node runs it? This file finds Node 24 and hands everything on; core/cli/main.ts is the program.
// It reads no argument itself and writes nothing to stdout.
import { join } from "node:path";
import { root, run } from "./runtime.mjs";
import { setUp } from "./setup.mjs";

const node = await setUp();
process.exit(await run(node, [join(root, "core/cli/main.ts"), ...process.argv.slice(2)], { cwd: process.cwd() }));
