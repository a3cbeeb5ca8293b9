// Does the package live well in a real Debian system? Installed by its own dpkg, with its own initramfs-tools or dracut: refused, configured, upgraded,
// removed, purged; and lintian's opinion. What needs no such system is in test/build/agent-package.test.ts. Boots nothing.
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAgentExecutable } from "../../build/agent-executable.ts";
import { buildDebianPackage } from "../../build/agent-package/deb.ts";
import { tell } from "../kit/needs.ts";
import { bringTrees, copyTree, crypttab, type InitrdKind, inTree, type Ran, treeBoot, treesLack } from "./debian-tree.ts";

const lacking = treesLack();
if (lacking !== undefined) tell(lacking);

describe.skipIf(lacking !== undefined)("the package in a Debian system", () => {
  let work: string;
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "portcullis-package-"));
    await bringTrees();
  }, 300_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** An agent that nobody runs here: its bytes are what the initrd is looked through for. */
  const packageOf = (version: string): string => {
    const agent = join(work, `agent-${version}`);
    writeFileSync(agent, agentText(version));
    chmodSync(agent, 0o755);
    return buildDebianPackage({ agent, out: work, version });
  };

  describe.each<InitrdKind>(["initramfs-tools", "dracut"])("with %s", (kind) => {
    let tree: string;
    let before: readonly string[];
    beforeAll(async () => {
      tree = await copyTree(kind, join(work, kind));
      for (const [path, text] of Object.entries(quickly)) if (existsSync(join(tree, path, ".."))) writeFileSync(join(tree, path), text);
      for (const version of ["1.0.0", "1.0.1"]) {
        const file = packageOf(version);
        copyFileSync(file, join(tree, "srv", basename(file)));
      }
      await makeInitrd(tree, kind);
      before = await pathsIn(tree);
    }, 120_000);
    afterAll(() => rmSync(tree, { recursive: true, force: true }));

    test("is not configured where the command line leaves a shell, and the initrd stays as it was", async () => {
      const initrd = digestOf(treeBoot(tree).initrd);
      const { status, text } = await inTree(tree, ["dpkg", "--install", "/srv/portcullis-agent_1.0.0_amd64.deb"]);
      expect([status, text]).toEqual([1, expect.stringContaining("portcullis-agent is not configured: mend the above")]);
      expect(digestOf(treeBoot(tree).initrd)).toBe(initrd);
      expect(await stateOf(tree)).toBe("half-configured");
    }, 120_000);
    test("is configured once it leaves none, and the initrd has the agent", async () => {
      mkdirSync(join(tree, "etc/portcullis"));
      writeFileSync(join(tree, "etc/portcullis/kernel-command-line"), `${commandLine}\n`);
      writeFileSync(join(tree, "etc/crypttab"), crypttab[kind]);
      expect(await inTree(tree, ["dpkg", "--configure", "--pending"])).toMatchObject({ status: 0 });
      expect(await stateOf(tree)).toBe("installed");
      expect(await agentIn(tree)).toBe(agentText("1.0.0"));
      const inside = await pathsInInitrd(tree);
      expect(inside.filter((path) => waysIn.test(path))).toEqual([]);
      expect(inside).toEqual(expect.arrayContaining(["usr/lib/portcullis/launch", "usr/lib/portcullis/network.sh", "usr/sbin/cryptsetup"]));
    }, 120_000);
    test("is upgraded, and so is the initrd", async () => {
      expect(await inTree(tree, ["dpkg", "--install", "/srv/portcullis-agent_1.0.1_amd64.deb"])).toMatchObject({ status: 0 });
      expect(await agentIn(tree)).toBe(agentText("1.0.1"));
      expect(await inTree(tree, ["dpkg", "--verify", "portcullis-agent"])).toEqual({ status: 0, text: "" });
    }, 120_000);
    test("lets no initrd be made while a disk would ask for a passphrase, and the one that is there stays", async () => {
      const initrd = digestOf(treeBoot(tree).initrd);
      writeFileSync(join(tree, "etc/crypttab"), "root /dev/vda none luks\n");
      const { status, text } = await makeInitrd(tree, kind);
      expect([status === 0, text]).toEqual([false, expect.stringContaining("root (/dev/vda) asks for a passphrase")]);
      expect(digestOf(treeBoot(tree).initrd)).toBe(initrd);
      writeFileSync(join(tree, "etc/crypttab"), crypttab[kind]);
    }, 120_000);
    test("is removed, and the initrd is made anew without the agent", async () => {
      expect(await inTree(tree, ["dpkg", "--remove", "portcullis-agent"])).toMatchObject({ status: 0 });
      expect((await pathsInInitrd(tree)).filter((path) => path.includes("portcullis"))).toEqual([]);
      expect(existsSync(join(tree, "etc/portcullis/kernel-command-line"))).toBe(true);
    }, 120_000);
    test("is purged, and nothing is left", async () => {
      expect(await inTree(tree, ["dpkg", "--purge", "portcullis-agent"])).toMatchObject({ status: 0 });
      rmSync(join(tree, "etc/crypttab"));
      expect(await pathsIn(tree)).toEqual(before);
    }, 120_000);
  });

  test("lintian has nothing to say but what is explained", async () => {
    const { path } = await buildAgentExecutable("release");
    const file = buildDebianPackage({ agent: path, out: join(work, "release"), version: "1.0.0" });
    const tree = await copyTree("lintian", join(work, "lintian"));
    copyFileSync(file, join(tree, "srv", basename(file)));
    const words = ["lintian", "--allow-root", "--display-info", "--pedantic", `/srv/${basename(file)}`];
    expect(await inTree(tree, words)).toEqual({ status: 0, text: "" });
  }, 300_000);
});

async function stateOf(tree: string): Promise<string> {
  return (await inTree(tree, ["dpkg-query", "--show", "--showformat=${db:Status-Status}", "portcullis-agent"])).text;
}

function makeInitrd(tree: string, kind: InitrdKind): Promise<Ran> {
  const { version } = treeBoot(tree);
  if (kind === "initramfs-tools") return inTree(tree, ["update-initramfs", "-u", "-k", version]);
  return inTree(tree, ["dracut", "--quiet", "--force", `/boot/initrd.img-${version}`, version]);
}

/** Both kinds make one compressed archive here: no microcode before it. */
async function fromInitrd(tree: string, ...words: readonly string[]): Promise<string> {
  const script = 'initrd=$1; shift; zstd -dcq "$initrd" | cpio --extract --quiet "$@"';
  const { status, text } = await inTree(tree, ["sh", "-c", script, "sh", `/boot/${basename(treeBoot(tree).initrd)}`, ...words]);
  if (status !== 0) throw new Error(text);
  return text;
}

function agentIn(tree: string): Promise<string> {
  return fromInitrd(tree, "--to-stdout", "usr/lib/portcullis/portcullis-agent");
}

async function pathsInInitrd(tree: string): Promise<readonly string[]> {
  return (await fromInitrd(tree, "--list")).split("\n");
}

/** Without what dpkg and the tools write for themselves. */
async function pathsIn(tree: string): Promise<readonly string[]> {
  const { text } = await inTree(tree, ["find", "/", "-xdev", "-not", "-path", "/var/log/*", "-not", "-path", "/var/lib/dpkg/*-old"]);
  return text.split("\n").toSorted();
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function agentText(version: string): string {
  return `#!/bin/sh\n# ${version}\nexit 12\n`;
}

/** Programs and units that ask somebody, or let somebody in. */
const waysIn = /askpass|ask-password|sulogin|getty|cryptroot-unlock|dropbear|sshd|dracut-emergency$|cryptsetup-generator/;
const commandLine = "console=ttyS0 root=/dev/mapper/root ro panic=-1 rd.shell=0 rd.emergency=poweroff";
/** An initrd that nobody keeps is compressed in a hurry. */
const quickly = {
  "etc/initramfs-tools/conf.d/quickly": "COMPRESS=zstd\nCOMPRESSLEVEL=1\n",
  "etc/dracut.conf.d/quickly.conf": 'compress="zstd -1 -q"\n',
};
