// Does each import rule fire where it should, and stay quiet where it should? Small made-up trees, one rule each.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkTree } from "../../build/import-rules.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-rules-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes the files and answers with `file:line rule` for each violation. */
function check(files: Record<string, string>): string[] {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return checkTree(root).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

const one = "export const one = 1;\n";
const type = "export interface One { one: 1 }\n";

describe("folders", () => {
  test("a room may import itself and the rooms of its line", () => {
    expect(
      check({ "core/base/a.ts": one, "core/base/b.ts": `export * from "./a.ts";\n`, "core/snp/c.ts": `import "../base/a.ts";\n` }),
    ).toEqual([]);
  });

  const forbidden: readonly (readonly [from: string, to: string])[] = [
    ["core/base/a.ts", "core/snp/x.ts"],
    ["core/snp/a.ts", "core/endorse/x.ts"],
    ["core/measure/a.ts", "core/appraise/x.ts"],
    ["core/endorse/a.ts", "core/appraise/x.ts"],
    ["core/appraise/a.ts", "core/release/x.ts"],
    ["core/launch/a.ts", "core/release/x.ts"],
    ["core/release/a.ts", "core/launch/x.ts"],
    ["core/audit/a.ts", "core/endorse/x.ts"],
    ["core/audit/verifier.ts", "core/manager/x.ts"],
    ["core/manager/a.ts", "core/node/x.ts"],
    ["core/api/a.ts", "core/manager/x.ts"],
    ["core/simulator/a.ts", "core/manager/x.ts"],
    ["core/node/a.ts", "core/cli/x.ts"],
    ["core/cli/a.ts", "electron/main/x.ts"],
    ["agent/a.ts", "core/simulator/x.ts"],
    ["agent/a.ts", "core/node/store.ts"],
    ["agent/a.ts", "agent/simulated/x.ts"],
    ["core/audit/a.ts", "core/audit/verifier.ts"],
    ["electron/main/a.ts", "core/appraise/x.ts"],
    ["electron/preload/a.ts", "core/node/x.ts"],
    ["electron/service/a.ts", "electron/main/x.ts"],
    ["renderer/a.tsx", "core/manager/x.ts"],
    ["core/node/a.ts", "test/kit/x.ts"],
  ];
  test.each(forbidden)("%s may not import %s", (from, to) => {
    expect(check({ [from]: `import { one } from "${pathBetween(from, to)}";\nexport const two = one;\n`, [to]: one })).toEqual([
      `${from}:1 folder`,
    ]);
  });

  test("a type is an import too", () => {
    const files = { "core/base/a.ts": `import type { One } from "../snp/x.ts";\nexport type Two = One;\n`, "core/snp/x.ts": type };
    expect(check(files)).toEqual(["core/base/a.ts:1 folder"]);
  });

  test("so are re-exports, dynamic imports and import types", () => {
    const lines = [`export { one } from "../snp/x.ts";`, `void import("../snp/x.ts");`, `export type T = import("../snp/x.ts").One;`];
    expect(check({ "core/base/a.ts": `${lines.join("\n")}\n`, "core/snp/x.ts": one + type })).toEqual([
      "core/base/a.ts:1 folder",
      "core/base/a.ts:2 folder",
      "core/base/a.ts:3 folder",
    ]);
  });

  test("a folder that the table does not know holds no source", () => {
    expect(check({ "core/extra/a.ts": one })).toEqual(["core/extra/a.ts:1 folder"]);
  });

  test("a file may have a line of its own", () => {
    const files = { "core/launch/binding.ts": one, "core/launch/codec.ts": one };
    expect(check({ ...files, "core/audit/verifier.ts": `import "../launch/binding.ts";\nimport "../launch/codec.ts";\n` })).toEqual([
      "core/audit/verifier.ts:2 folder",
    ]);
  });
});

describe("types only", () => {
  const appraise = { "core/appraise/x.ts": one + type };

  test.each([
    'import type { One } from "../appraise/x.ts";',
    'import { type One } from "../appraise/x.ts";',
    'export type { One } from "../appraise/x.ts";',
  ])("%s passes", (line) => {
    expect(check({ ...appraise, "core/launch/a.ts": `${line}\n` })).toEqual([]);
  });

  test.each([
    'import { one } from "../appraise/x.ts";',
    'import { one, type One } from "../appraise/x.ts";',
    'import "../appraise/x.ts";',
    'export * from "../appraise/x.ts";',
  ])("%s does not", (line) => {
    expect(check({ ...appraise, "core/launch/a.ts": `${line}\n` })).toEqual(["core/launch/a.ts:1 types-only"]);
  });
});

describe("packages and Node", () => {
  test.each(["@hpke/core", "@noble/curves/nist.js", "@peculiar/x509", "zod", "@orpc/contract"])("pure core may import %s", (name) => {
    expect(check({ "core/base/a.ts": `import "${name}";\n` })).toEqual([]);
  });

  test.each([
    ["core/snp/a.ts", "ws"],
    ["core/api/a.ts", "@orpc/server"],
    ["agent/a.ts", "better-sqlite3"],
    ["electron/main/a.ts", "better-sqlite3"],
    ["renderer/a.ts", "electron"],
    ["renderer/a.ts", "keytar"],
    ["core/node/a.ts", "electron"],
    ["core/cli/a.ts", "react"],
    ["electron/preload/a.ts", "zod"],
  ])("%s may not import the package %s", (file, name) => {
    expect(check({ [file]: `import "${name}";\n` })).toEqual([`${file}:1 package`]);
  });

  test.each(["core/manager/a.ts", "renderer/a.ts", "electron/preload/a.ts"])("%s may not import Node's modules", (file) => {
    expect(check({ [file]: `import "node:fs";\nimport "fs";\n` })).toEqual([`${file}:1 node`, `${file}:2 node`]);
  });

  test("the hosts may", () => {
    expect(check({ "core/node/a.ts": `import "node:fs";\nimport "better-sqlite3";\n`, "renderer/a.tsx": `import "react";\n` })).toEqual([]);
  });
});

describe("the rest", () => {
  test("an import must be a file", () => {
    expect(check({ "core/base/a.ts": `import "./absent.ts";\n` })).toEqual(["core/base/a.ts:1 unresolved"]);
  });

  test("an import must not be computed", () => {
    expect(check({ "core/node/a.ts": `const name = "./b.ts";\nvoid import(name);\n` })).toEqual(["core/node/a.ts:2 unresolved"]);
  });

  test("ipcMain belongs to the gate", () => {
    const line = `import { ipcMain } from "electron";\nvoid ipcMain;\n`;
    expect(check({ "electron/main/ipc-gate.ts": line, "electron/main/windows.ts": line })).toEqual(["electron/main/windows.ts:1 ipc"]);
  });

  test("a namespace of electron would hide ipcMain", () => {
    expect(check({ "electron/main/a.ts": `import * as electron from "electron";\nvoid electron;\n` })).toEqual([
      "electron/main/a.ts:1 ipc",
    ]);
  });

  test("Buffer stays with the hosts", () => {
    const text = `// Buffer in a comment\nconst text = "Buffer";\nexport const bytes = Buffer.from(text);\n`;
    expect(check({ "core/snp/a.ts": text, "core/node/a.ts": text, "renderer/a.ts": `export type B = Buffer;\n` })).toEqual([
      "core/snp/a.ts:3 buffer",
      "renderer/a.ts:1 buffer",
    ]);
  });

  test("core has no clock and no chance", () => {
    const text = `export const a = Date.now();\nexport const b = new Date();\nexport const c = Math.random();\nexport const d = new Date(0);\n`;
    expect(check({ "core/snp/a.ts": text, "core/node/a.ts": text })).toEqual([
      "core/snp/a.ts:1 pure",
      "core/snp/a.ts:2 pure",
      "core/snp/a.ts:3 pure",
    ]);
  });

  test("imports do not go round, not even for types", () => {
    const files = {
      "core/base/a.ts": `import "./b.ts";\n`,
      "core/base/b.ts": `import "./c.ts";\n`,
      "core/base/c.ts": `import type { One } from "./a.ts";\nexport type Two = One;\n`,
      "core/base/d.ts": `import "./a.ts";\n`,
    };
    expect(check(files)).toEqual(["core/base/a.ts:1 cycle"]);
  });

  test("300 lines pass, 301 do not", () => {
    const files = { "core/base/a.ts": "export {};\n".repeat(300), "core/base/b.ts": "export {};\n".repeat(301) };
    expect(check(files)).toEqual(["core/base/b.ts:301 length"]);
  });
});

function pathBetween(from: string, to: string): string {
  return `${"../".repeat(dirname(from).split("/").length)}${to}`;
}
