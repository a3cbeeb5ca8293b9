// Can anything simulated get into the agent that is shipped? And is what is bundled a program that runs?
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bundle, buildBundle, bundles } from "../../build/bundle.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-bundle-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

function bundleOf(output: string): Bundle {
  const bundle = bundles.find((candidate) => candidate.output === output);
  if (bundle === undefined) throw new Error(`no bundle makes ${output}`);
  return bundle;
}

const agent = bundleOf("out/agent/agent.cjs");

test("an agent without simulated parts is one program that runs", async () => {
  write({
    "agent/main.ts": `import { greeting } from "./greeting.ts";\nconsole.log(greeting);\n`,
    "agent/greeting.ts": `export const greeting: string = "agent";\n`,
  });
  const output = await buildBundle(agent, root);
  expect(output).toBe(join(root, "out/agent/agent.cjs"));
  expect(execFileSync(process.execPath, [output ?? ""], { encoding: "utf8" })).toBe("agent\n");
});

test.each(["core/simulator/processor.ts", "agent/simulated/source.ts", "agent/simulated-source.ts"])(
  "an agent that holds %s is refused and not written",
  async (file) => {
    write({ "agent/main.ts": `import { part } from "../${file}";\nconsole.log(part);\n`, [file]: `export const part = 1;\n` });
    await expect(buildBundle(agent, root)).rejects.toThrow(file);
    expect(existsSync(join(root, "out/agent/agent.cjs"))).toBe(false);
  },
);

test("a link does not hide what it stands for", async () => {
  write({
    "agent/main.ts": `import { part } from "./part.ts";\nconsole.log(part);\n`,
    "core/simulator/part.ts": "export const part = 1;\n",
  });
  symlinkSync("../core/simulator/part.ts", join(root, "agent/part.ts"));
  await expect(buildBundle(agent, root)).rejects.toThrow("agent/part.ts");
});

test("the desktop app's service may require what its packages require", async () => {
  write({
    "electron/service/service.ts": `import part from "./part.cjs";\nconsole.log(part.kind);\n`,
    "electron/service/part.cjs": `exports.kind = typeof require("fs").readFileSync;\n`,
  });
  const output = await buildBundle(bundleOf("out/electron/service.mjs"), root);
  expect(execFileSync(process.execPath, [output ?? ""], { encoding: "utf8" })).toBe("function\n");
});

test("a part whose entry is absent is not built", async () => {
  expect(await buildBundle(agent, root)).toBeUndefined();
});
