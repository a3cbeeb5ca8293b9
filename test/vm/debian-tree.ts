// Is there a real Debian system to install the agent's package in? Debootstrapped once and kept beside build/debian-packages.mjs' folder; one that
// makes its initrds with initramfs-tools, one with dracut, one with lintian. `node test/vm/debian-tree.ts` brings them. Needs root, leaves no mount.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianFolder, debianSource, unpackDebianPackage } from "../../build/debian-packages.mjs";

/** By what makes the initrds in it. */
export type InitrdKind = "initramfs-tools" | "dracut";
export type TreeKind = InitrdKind | "lintian";

export interface Ran {
  /** Undefined where a signal ended it. */
  readonly status: number | undefined;
  /** Both streams. */
  readonly text: string;
}

/** @returns why no tree can be had here, before anything is brought. */
export function treesLack(): string | undefined {
  if (process.getuid?.() !== 0) return "a Debian tree is made by root only (debootstrap, chroot)";
  if (process.arch !== "x64") return "the Debian trees are made on amd64 machines only";
  if (hasTrees()) return undefined;
  const source = debianSource();
  return typeof source === "string" ? source : undefined;
}

/** Brings what is missing, some 90 seconds; does nothing where all are there. @throws with a sentence where it fails. */
export async function bringTrees(): Promise<void> {
  if (hasTrees()) return;
  const source = debianSource();
  if (typeof source === "string") throw new Error(source);
  mkdirSync(debianFolder, { recursive: true });
  const work = mkdtempSync(`${treesFolder}-`);
  try {
    const fault = unpackDebianPackage("debootstrap", release, join(work, "debootstrap"));
    if (fault !== undefined) throw new Error(fault);
    mkdirSync(join(work, "made"));
    const words = ["--mount", "sh", "-c", fillScript, "sh", work, source.mirror, source.keyring];
    const { status, text } = await run("unshare", words, { DEBOOTSTRAP_DIR: join(work, "debootstrap/usr/share/debootstrap") });
    if (status !== 0) throw new Error(`the Debian trees could not be made:\n${text.slice(-4000)}`);
    writeFileSync(join(work, "made", listName), listText);
    rmSync(treesFolder, { recursive: true, force: true });
    renameSync(join(work, "made"), treesFolder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A copy of a tree that {@link bringTrees} has brought. @param to must not exist. */
export async function copyTree(kind: TreeKind, to: string): Promise<string> {
  const { status, text } = await run("cp", ["-a", "--reflink=auto", join(treesFolder, kind), to]);
  if (status !== 0) throw new Error(text);
  return to;
}

/** Runs a program in a tree, as in a container: with /proc and /sys, its own device nodes, and no process left behind. */
export function inTree(tree: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return run("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enterScript, "sh", tree, ...words], environment);
}

/** Of a tree as it was brought, without the agent's package. */
export function plainBoot(kind: TreeKind): { readonly kernel: string; readonly initrd: string } {
  return treeBoot(join(treesFolder, kind));
}

/** The kernel that is installed in a tree, and the initrd that belongs to it. */
export function treeBoot(tree: string): { readonly version: string; readonly kernel: string; readonly initrd: string } {
  const [version = "", second] = readdirSync(join(tree, "lib/modules"));
  if (second !== undefined) throw new Error(`${tree} has more than one kernel`);
  return { version, kernel: join(tree, "boot", `vmlinuz-${version}`), initrd: join(tree, "boot", `initrd.img-${version}`) };
}

function hasTrees(): boolean {
  const list = join(treesFolder, listName);
  return existsSync(list) && readFileSync(list, "utf8") === listText;
}

function run(program: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...environment };
  return new Promise((resolve) => {
    execFile(program, [...words], { env, maxBuffer: longestText, timeout: longestRun }, (fault, stdout, stderr) => {
      const code = fault === null ? 0 : fault.code;
      const text = typeof code === "string" ? fault?.message : "";
      resolve({ status: typeof code === "number" ? code : undefined, text: `${stdout}${stderr}${text}` });
    });
  });
}

/** Of a system where nobody is asked for a passphrase (docs/agent.md). */
export const crypttab: Readonly<Record<InitrdKind, string>> = {
  "initramfs-tools": "root /dev/vda none luks,keyscript=/bin/false\n",
  dracut: "root /dev/vda none headless=true,tries=1,timeout=0\n",
};
const treesFolder = join(debianFolder, "trees");
const release = "bookworm";
const longestText = 64 * 2 ** 20;
/** Milliseconds. */
const longestRun = 600_000;

/** $1 tree, then words. Nothing of this machine's devices is to be seen inside. */
const enterScript = `set -e
mount -t proc proc "$1/proc"
mount --bind /sys "$1/sys"
mount -o remount,bind,ro "$1/sys"
mount -t tmpfs tmpfs "$1/run"
tree=$1
shift
exec chroot "$tree" "$@"`;

/**
 * $1 folder, $2 mirror, $3 keyring. In memory, because packages are synced to disk file by file otherwise. An owner's system has an initrd already,
 * which update-initramfs makes anew only where it is; dracut makes one where there is none, and takes half a minute for it.
 */
const fillScript = `set -e
mkdir "$1/work"
mount -t tmpfs -o size=2g,mode=0755 tmpfs "$1/work"
cd "$1/work"
mkdir -p base/etc/dpkg/dpkg.cfg.d base/etc/apt/apt.conf.d
printf '%s\\n' 'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/locale/*' > base/etc/dpkg/dpkg.cfg.d/small
echo force-unsafe-io > base/etc/dpkg/dpkg.cfg.d/fast
printf '%s\\n' 'APT::Install-Recommends "false";' 'Acquire::Languages "none";' > base/etc/apt/apt.conf.d/small
sh ../debootstrap/usr/sbin/debootstrap --variant=minbase --include=cryptsetup-bin,iproute2,zstd,kmod,udev,linux-base --keyring="$3" \\
  ${release} "$PWD/base" "$2" > base.log 2>&1 || { cat base.log; exit 1; }
variant() {
  tree=$1
  shift
  cp -a base "$tree"
  mount -t proc proc "$tree/proc"
  INITRD=No chroot "$tree" apt-get install -y -qq "$@"
  chroot "$tree" apt-get clean
  rm -rf "$tree"/var/lib/apt/lists/* "$tree"/etc/dpkg/dpkg.cfg.d/small "$tree"/var/log/*.log "$tree"/var/log/apt
  [ "$tree" != initramfs-tools ] || chroot "$tree" update-initramfs -c -k all
  umount "$tree/proc"
  cp -a "$tree" ../made/
}
variant initramfs-tools linux-image-cloud-amd64 initramfs-tools busybox > first.log 2>&1 & first=$!
variant dracut linux-image-cloud-amd64 dracut systemd systemd-sysv > second.log 2>&1 & second=$!
variant lintian lintian > third.log 2>&1 || { cat third.log; exit 1; }
wait $first || { cat first.log; exit 1; }
wait $second || { cat second.log; exit 1; }`;

const listName = "trees.json";
/** Another script makes other trees. */
const listText = `${createHash("sha256").update(fillScript).digest("hex")}\n`;

if (import.meta.main) {
  const lacking = treesLack();
  if (lacking !== undefined) throw new Error(lacking);
  await bringTrees();
  console.log(treesFolder);
}
