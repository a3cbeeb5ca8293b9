// Does every file keep the import table (build/import-table.ts)? Prints each violation as file:line and exits with 1.
// It reads source files only and changes none.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";
import { cyclesOf } from "./import-cycles.ts";
import { type Import, type ScannedFile, scan } from "./import-scan.ts";
import { bufferFolders, type FolderRule, folderRules, hostPackages, ipcGate, maximumLines } from "./import-table.ts";

export interface Violation {
  /** Relative to the tree, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly rule: "folder" | "types-only" | "package" | "node" | "unresolved" | "ipc" | "buffer" | "pure" | "cycle" | "length";
  readonly sentence: string;
}

/** Every violation in the tree below `root`, in the order of files and lines. */
export function checkTree(root: string): Violation[] {
  const files = new Map(sourceFiles(root).map((file) => [file, scan(file, readFileSync(join(root, file), "utf8"))]));
  const graph = new Map<string, string[]>();
  const violations: Violation[] = [];
  for (const [file, scanned] of files) {
    const rule = ruleOf(file);
    if (rule === undefined) {
      violations.push({ file, line: 1, rule: "folder", sentence: "no line of the import table rules this folder" });
      continue;
    }
    const targets = scanned.imports.map((taken) => ({ taken, target: targetOf(root, file, taken) }));
    graph.set(
      file,
      targets.flatMap(({ target }) => (target !== undefined && files.has(target) ? [target] : [])),
    );
    for (const { taken, target } of targets) {
      const broken = target === undefined ? checkPackage(file, rule, taken) : checkFolder(root, rule, taken, target);
      if (broken !== undefined) violations.push({ file, line: taken.line, ...broken });
      if (
        taken.specifier === "electron" &&
        taken.names.some((name) => name === "ipcMain" || name === "*") &&
        !taken.typeOnly &&
        file !== ipcGate
      )
        violations.push({
          file,
          line: taken.line,
          rule: "ipc",
          sentence: `ipcMain is for ${ipcGate} only; take electron's names one by one`,
        });
    }
    violations.push(...checkMentions(file, rule, scanned));
  }
  for (const cycle of cyclesOf(graph))
    violations.push({ file: cycle[0] ?? "", line: 1, rule: "cycle", sentence: `imports go round: ${cycle.join(" → ")}` });
  return violations.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

type Broken = Pick<Violation, "rule" | "sentence">;

function checkFolder(root: string, rule: FolderRule, taken: Import, target: string): Broken | undefined {
  if (!existsSync(join(root, target))) return { rule: "unresolved", sentence: `${taken.specifier} is not a file` };
  // A part with rights of its own is not its folder's to import: the agent must not reach its simulated source.
  if (isIn(target, rule.imports) || ruleOf(target) === rule) return undefined;
  if (!isIn(target, rule.types ?? [])) return { rule: "folder", sentence: `${rule.folder} may not import ${target}` };
  return taken.typeOnly ? undefined : { rule: "types-only", sentence: `${rule.folder} may only take types from ${target}: import type` };
}

function checkPackage(file: string, rule: FolderRule, { specifier }: Import): Broken | undefined {
  if (specifier === undefined) return { rule: "unresolved", sentence: "a computed import cannot be checked" };
  if (isBuiltin(specifier)) return rule.node ? undefined : { rule: "node", sentence: `${rule.folder} may not import ${specifier}` };
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const owners = hostPackages[name];
  const allowed = rule.packages.some((pattern) => {
    if (pattern === "*") return owners === undefined || isIn(file, owners);
    return pattern === name || (pattern.endsWith("/*") && name.startsWith(pattern.slice(0, -1)));
  });
  return allowed ? undefined : { rule: "package", sentence: `${rule.folder} may not import the package ${name}` };
}

function checkMentions(file: string, rule: FolderRule, { mentions, lines }: ScannedFile): Violation[] {
  const violations: Violation[] = [];
  for (const { name, line } of mentions) {
    if (name === "Buffer") {
      if (!isIn(file, bufferFolders)) violations.push({ file, line, rule: "buffer", sentence: "bytes are Uint8Array here, never Buffer" });
    } else if (file.startsWith("core/") && !rule.node) {
      violations.push({ file, line, rule: "pure", sentence: `${name} is not for core: take a Clock or a Random` });
    }
  }
  if (lines > maximumLines)
    violations.push({ file, line: maximumLines + 1, rule: "length", sentence: `${lines} lines: more than ${maximumLines} is two files` });
  return violations;
}

/** @returns the file that a relative import names; undefined for a package, a Node module and a computed specifier */
function targetOf(root: string, file: string, { specifier }: Import): string | undefined {
  if (specifier === undefined || !/^\.{0,2}\//.test(specifier)) return undefined;
  const path = specifier.startsWith("/") ? relative(root, specifier).split(sep).join("/") : posix.join(posix.dirname(file), specifier);
  return path.replace(/\?.*$/, "");
}

/** The longest folder wins, so that a file may have a line of its own. */
function ruleOf(file: string): FolderRule | undefined {
  return folderRules.filter(({ folder }) => isIn(file, [folder])).sort((a, b) => b.folder.length - a.folder.length)[0];
}

function isIn(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`));
}

function sourceFiles(root: string): string[] {
  return sourceFolders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => posix.join(folder, name.split(sep).join("/"))),
    )
    .filter((file) => /\.(?:ts|tsx|mts|mjs|js)$/.test(file) && !/(?:^|\/)(?:node_modules|results)\//.test(file))
    .sort();
}

const sourceFolders = ["core", "agent", "electron", "renderer", "build", "test"];

if (import.meta.main) {
  const violations = checkTree(dirname(import.meta.dirname));
  for (const { file, line, rule, sentence } of violations) console.log(`${file}:${line} → ${rule}: ${sentence}`);
  if (violations.length > 0) process.exitCode = 1;
}
