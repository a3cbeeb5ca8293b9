// `npm run package:agent`: the agent's packages for Debian and Fedora alike, with their digests, in out/agent. Each is made where its tool is.
// `--agent FILE` takes an executable that is already built, `--out FOLDER` another place.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { buildAgentExecutable } from "./agent-executable.ts";
import { buildDebianPackage } from "./agent-package/deb.ts";
import { buildRpmPackage } from "./agent-package/rpm.ts";
import type { PackageParts } from "./agent-package/tree.ts";
import { findProgram, missingSentence } from "./programs.mjs";
import { root } from "./runtime.mjs";

/** Beside each package stands its `.sha256`. @returns one line for each kind: the package's path, or why there is none. */
export function buildAgentPackages(parts: PackageParts): readonly string[] {
  return kinds.map(({ tool, name, build }) => {
    if (findProgram(tool) === undefined) return `${name} was not made: ${missingSentence(tool)}`;
    const path = build(parts);
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
    writeFileSync(`${path}.sha256`, `${digest}  ${basename(path)}\n`);
    return path;
  });
}

/** Of package.json. */
export function projectVersion(): string {
  const project: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = typeof project === "object" && project !== null && "version" in project ? project.version : undefined;
  if (typeof version !== "string") throw new Error("package.json has no version");
  return version;
}

const kinds = [
  { tool: "dpkg-deb", name: "The deb package", build: buildDebianPackage },
  { tool: "rpmbuild", name: "The rpm package", build: buildRpmPackage },
] as const;

if (import.meta.main) {
  const { values } = parseArgs({ options: { agent: { type: "string" }, out: { type: "string", default: join(root, "out/agent") } } });
  const agent = values.agent ?? (await buildAgentExecutable("release")).path;
  for (const line of buildAgentPackages({ agent, out: values.out, version: projectVersion() })) process.stdout.write(`${line}\n`);
}
