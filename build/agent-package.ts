// How does the agent get into a VM's image? A Debian package with the executable and its initramfs integrations, the same bytes each time.
// `node build/agent-package.ts --agent FILE --out FOLDER`. Needs dpkg-deb. It never strips the agent: that would make it end with 0 and do nothing.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { root } from "./runtime.mjs";

export interface PackageParts {
  /** The single executable. */
  readonly agent: string;
  /** A folder; made where it is missing. */
  readonly out: string;
  readonly version: string;
}

/** @returns the package's path. Throws where dpkg-deb fails. */
export function buildDebianPackage({ agent, out, version }: PackageParts): string {
  const tree = mkdtempSync(join(tmpdir(), "portcullis-deb-"));
  try {
    place(tree, agent, "usr/lib/portcullis/portcullis-agent", 0o755);
    for (const { from, to, mode } of integrationFiles) place(tree, join(root, from), to, mode);
    const documents = join(tree, "usr/share/doc/portcullis-agent");
    place(tree, join(root, "LICENSE"), "usr/share/doc/portcullis-agent/copyright", 0o644);
    const changes = `portcullis-agent (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${changeDate}\n`;
    writeFileSync(join(documents, "changelog.gz"), gzipSync(changes, { level: 9 }));
    write(tree, "usr/share/lintian/overrides/portcullis-agent", overrides, 0o644);
    write(tree, "DEBIAN/control", control(version, Math.ceil(bytesOf(tree) / 1024)), 0o644);
    for (const name of ["postinst", "postrm"]) place(tree, join(root, "build/agent-package", name), `DEBIAN/${name}`, 0o755);
    settle(tree);
    mkdirSync(out, { recursive: true });
    const target = resolve(out, `portcullis-agent_${version}_amd64.deb`);
    const words = ["--root-owner-group", "--threads-max=1", "-Zzstd", "-z9", "--build", tree, target];
    const environment = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
    const result = spawnSync("dpkg-deb", words, { encoding: "utf8", env: environment });
    if (result.status !== 0) throw new Error(`dpkg-deb failed: ${result.error?.message ?? result.stderr}`);
    return target;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function place(tree: string, from: string, to: string, mode: number): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  copyFileSync(from, join(tree, to));
  chmodSync(join(tree, to), mode);
}

function write(tree: string, to: string, text: string, mode: number): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  writeFileSync(join(tree, to), text, { mode });
}

function control(version: string, kibibytes: number): string {
  return [
    "Package: portcullis-agent",
    `Version: ${version}`,
    "Architecture: amd64",
    "Section: admin",
    "Priority: optional",
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${kibibytes}`,
    "Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6, cryptsetup-bin (>= 2:2.3), iproute2, coreutils, initramfs-tools | dracut",
    "Conflicts: dropbear-initramfs, tinyssh-initramfs",
    "Description: opens the disks of a confidential VM after it has attested",
    " Runs in the initramfs, before any disk is open: proves to the owner's manager",
    " what this AMD SEV-SNP VM is, and opens its LUKS2 disks with the keys that the",
    " manager releases. Where it cannot, the VM is powered off: there is no shell and",
    " no passphrase prompt.",
    "",
  ].join("\n");
}

function bytesOf(folder: string): number {
  return entriesOf(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

/** The same times and rights, whenever and by whomever it is built. */
function settle(tree: string): void {
  const folders = [tree, ...entriesOf(tree).filter((path) => statSync(path).isDirectory())];
  for (const path of folders) chmodSync(path, 0o755);
  for (const path of [tree, ...entriesOf(tree)]) utimesSync(path, epoch, epoch);
}

function entriesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

const initramfs = "agent/initramfs";
const dracutModule = "usr/lib/dracut/modules.d/90portcullis";
/** What both kinds of initramfs need, beside the agent. */
export const integrationFiles: readonly { readonly from: string; readonly to: string; readonly mode: number }[] = [
  { from: `${initramfs}/launch`, to: "usr/lib/portcullis/launch", mode: 0o755 },
  { from: `${initramfs}/network.sh`, to: "usr/lib/portcullis/network.sh", mode: 0o644 },
  { from: `${initramfs}/command-line-check`, to: "usr/lib/portcullis/command-line-check", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/hook`, to: "usr/share/initramfs-tools/hooks/portcullis", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/local-top`, to: "usr/share/initramfs-tools/scripts/local-top/portcullis", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/panic`, to: "usr/share/initramfs-tools/scripts/panic/portcullis", mode: 0o755 },
  { from: `${initramfs}/dracut/module-setup.sh`, to: `${dracutModule}/module-setup.sh`, mode: 0o755 },
  { from: `${initramfs}/dracut/portcullis-agent.service`, to: `${dracutModule}/portcullis-agent.service`, mode: 0o644 },
  { from: `${initramfs}/dracut/portcullis.conf`, to: "usr/lib/dracut/dracut.conf.d/90-portcullis.conf", mode: 0o644 },
  { from: "docs/agent.md", to: "usr/share/doc/portcullis-agent/agent.md", mode: 0o644 },
];
const maintainer = "Portcullis <portcullis@localhost>";
/** 2026-01-01; of every file, so that a package depends on its content only. */
const epoch = 1_767_225_600;
const changeDate = "Thu, 01 Jan 2026 00:00:00 +0000";
const overrides = [
  "# A single executable carries its program behind its sections: stripping destroys it.",
  "portcullis-agent: unstripped-binary-or-object [usr/lib/portcullis/portcullis-agent]",
  "# Node's own copies, built into it.",
  "portcullis-agent: embedded-library *",
  "",
].join("\n");

if (import.meta.main) {
  const { values } = parseArgs({ options: { agent: { type: "string" }, out: { type: "string" } } });
  if (values.agent === undefined || values.out === undefined) throw new Error("usage: agent-package.ts --agent FILE --out FOLDER");
  const description: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = typeof description === "object" && description !== null && "version" in description ? description.version : undefined;
  if (typeof version !== "string") throw new Error("package.json has no version");
  process.stdout.write(`${buildDebianPackage({ agent: values.agent, out: values.out, version })}\n`);
}
