// What lies where in the agent's packages, whichever tool wraps it up? The list of files, and a tree of them with the same times and rights each time.
// Must never strip or change the agent: it would then end with 0 and do nothing.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../runtime.mjs";

export interface PackageParts {
  /** The single executable. */
  readonly agent: string;
  /** A folder; made where it is missing. */
  readonly out: string;
  readonly version: string;
}

export interface PackageFile {
  /** Below the project's folder. */
  readonly from: string;
  /** Below the system's root, without the first slash. */
  readonly to: string;
  readonly mode: number;
}

/** Places the agent, its integrations, and whatever else this kind of package has. */
export function placeFiles(tree: string, agent: string, more: readonly PackageFile[]): void {
  place(tree, agent, agentPath, 0o755);
  for (const { from, to, mode } of [...integrationFiles, ...more]) place(tree, join(root, from), to, mode);
}

/** @param to below `tree` */
export function write(tree: string, to: string, content: string | Uint8Array, mode: number): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  writeFileSync(join(tree, to), content);
  chmodSync(join(tree, to), mode);
}

/** The same times and rights, whenever and by whomever it is built. */
export function settle(tree: string): void {
  const folders = [tree, ...entriesOf(tree).filter((path) => statSync(path).isDirectory())];
  for (const path of folders) chmodSync(path, 0o755);
  for (const path of [tree, ...entriesOf(tree)]) utimesSync(path, epoch, epoch);
}

/** Every file and folder below. */
export function entriesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
}

function place(tree: string, from: string, to: string, mode: number): void {
  mkdirSync(dirname(join(tree, to)), { recursive: true });
  copyFileSync(from, join(tree, to));
  chmodSync(join(tree, to), mode);
}

/** Below the system's root, as in {@link PackageFile}. */
export const agentPath = "usr/lib/portcullis/portcullis-agent";
const initramfs = "agent/initramfs";
const dracutModule = "usr/lib/dracut/modules.d/99portcullis";
/** What both kinds of initramfs need, beside the agent; in every package. */
export const integrationFiles: readonly PackageFile[] = [
  { from: `${initramfs}/launch`, to: "usr/lib/portcullis/launch", mode: 0o755 },
  { from: `${initramfs}/network.sh`, to: "usr/lib/portcullis/network.sh", mode: 0o644 },
  { from: `${initramfs}/command-line-check`, to: "usr/lib/portcullis/command-line-check", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/panic`, to: "usr/lib/portcullis/no-shell", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/hook`, to: "usr/share/initramfs-tools/hooks/portcullis", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/local-top`, to: "usr/share/initramfs-tools/scripts/local-top/portcullis", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/local-bottom`, to: "usr/share/initramfs-tools/scripts/local-bottom/portcullis", mode: 0o755 },
  { from: `${initramfs}/initramfs-tools/panic`, to: "usr/share/initramfs-tools/scripts/panic/portcullis", mode: 0o755 },
  { from: `${initramfs}/dracut/module-setup.sh`, to: `${dracutModule}/module-setup.sh`, mode: 0o755 },
  { from: `${initramfs}/dracut/init-check`, to: `${dracutModule}/init-check`, mode: 0o755 },
  { from: `${initramfs}/dracut/portcullis-agent.service`, to: `${dracutModule}/portcullis-agent.service`, mode: 0o644 },
  { from: `${initramfs}/dracut/portcullis-init.service`, to: `${dracutModule}/portcullis-init.service`, mode: 0o644 },
  { from: `${initramfs}/dracut/portcullis-no-shell.service`, to: `${dracutModule}/portcullis-no-shell.service`, mode: 0o644 },
  { from: `${initramfs}/dracut/portcullis-root.service`, to: `${dracutModule}/portcullis-root.service`, mode: 0o644 },
  { from: `${initramfs}/dracut/portcullis.conf`, to: "usr/lib/dracut/dracut.conf.d/90-portcullis.conf", mode: 0o644 },
  { from: "docs/agent.md", to: "usr/share/doc/portcullis-agent/agent.md", mode: 0o644 },
];
/** 2026-01-01; of every file, so that a package depends on its content only. */
export const epoch = 1_767_225_600;
/** For both package formats; lines of at most 80 characters. */
export const description = [
  "Runs in the initramfs, before any disk is open: proves to the owner's manager",
  "what this AMD SEV-SNP VM is, and opens its LUKS2 disks with the keys that the",
  "manager releases. Where it cannot, the VM is powered off: there is no shell and",
  "no passphrase prompt.",
];
