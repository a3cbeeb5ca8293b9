// `npm run build`: which files are shipped, and what is in each? The agent, the parts of the desktop app, and the console, into out/.
// The release agent holds nothing simulated: the build fails if it would.
import { existsSync, realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { buildRenderer } from "./renderer.mjs";

export interface Bundle {
  readonly name: string;
  readonly entry: string;
  readonly output: string;
  readonly options: BuildOptions;
  /** Paths of source files that must not be part of it. */
  readonly forbidden: RegExp | undefined;
}

/** Simulated evidence: core/simulator, and whatever calls itself simulated. */
const simulated = /^core\/simulator\/|simulated/;
const native = ["better-sqlite3", "keytar", "electron"];
/** ES modules have no `require`; bundled CommonJS packages ask for one. */
const requireBanner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

export const bundles: readonly Bundle[] = [
  {
    name: "agent",
    entry: "agent/main.ts",
    output: "out/agent/agent.cjs",
    options: { platform: "node", format: "cjs", target: "node24" },
    forbidden: simulated,
  },
  {
    // For "Launch a simulated VM" in the desktop app, which has no Node to run TypeScript with. Never part of an initramfs.
    name: "agent, simulated",
    entry: "agent/simulated-main.ts",
    output: "out/agent/simulated-agent.cjs",
    options: { platform: "node", format: "cjs", target: "node24" },
    forbidden: undefined,
  },
  {
    name: "desktop app, main",
    entry: "electron/main/main.ts",
    output: "out/electron/main.cjs",
    options: { platform: "node", format: "cjs", target: "node24", external: native },
    forbidden: /^core\/(?:appraise|release|audit|simulator)\//,
  },
  {
    name: "desktop app, preload",
    entry: "electron/preload/preload.ts",
    output: "out/electron/preload.cjs",
    // A sandboxed preload must be CommonJS and may require nothing but electron.
    options: { platform: "browser", format: "cjs", target: "chrome140", external: ["electron"] },
    forbidden: undefined,
  },
  {
    name: "desktop app, service",
    entry: "electron/service/service.ts",
    output: "out/electron/service.mjs",
    options: { platform: "node", format: "esm", target: "node24", external: native, banner: { js: requireBanner } },
    forbidden: undefined,
  },
];

/** What a bundle will be; nothing of it is on disk. */
export interface MadeBundle {
  /** Absolute. */
  readonly outfile: string;
  readonly files: readonly { readonly path: string; readonly contents: Uint8Array }[];
  /** Of the sources that left anything in it, from the folder. */
  readonly sources: readonly string[];
}

/** @returns the output's absolute path; undefined where the entry is not there. @throws where it does not build or holds what it must not. */
export async function buildBundle(bundle: Bundle, folder = root): Promise<string | undefined> {
  if (!existsSync(join(folder, bundle.entry))) return undefined;
  const { outfile, files } = await makeBundle(bundle, folder);
  for (const { path, contents } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  }
  return outfile;
}

/** @throws as {@link buildBundle}: a refused bundle leaves no file behind that could be shipped by mistake. */
export async function makeBundle(bundle: Bundle, folder: string): Promise<MadeBundle> {
  const outfile = join(folder, bundle.output);
  const { metafile, outputFiles } = await build({
    ...bundle.options,
    absWorkingDir: folder,
    entryPoints: [bundle.entry],
    outfile,
    bundle: true,
    // Paths stand in comments of the output: where node_modules is a link, they must not say where to.
    preserveSymlinks: true,
    metafile: true,
    write: false,
    sourcemap: false,
    legalComments: "eof",
    charset: "utf8",
    logLevel: "warning",
  });
  const wrong = Object.keys(metafile.inputs).filter((path) => namesOf(path, folder).some((name) => bundle.forbidden?.test(name)));
  if (wrong.length > 0) throw new Error(`${bundle.output} would hold ${wrong.join(", ")}, which must stay out of it`);
  const kept = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const sources = kept.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  return { outfile, files: outputFiles, sources };
}

/** What it is called in the folder, and what it is: a link must not hide either. */
function namesOf(path: string, folder: string): readonly string[] {
  const file = join(folder, path);
  return existsSync(file) ? [path, relative(realpathSync(folder), realpathSync(file))] : [path];
}

const root = dirname(import.meta.dirname);

if (import.meta.main) {
  for (const bundle of bundles) {
    const output = await buildBundle(bundle);
    console.log(output === undefined ? `${bundle.name}: not built, there is no ${bundle.entry}` : `${bundle.name}: ${bundle.output}`);
  }
  if (!(await buildRenderer(process.execPath))) process.exitCode = 1;
}
