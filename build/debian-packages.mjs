// Where are QEMU 10, a kernel, libvirt's schema and Debian's firmware files of several releases, without installing any? A private apt root, unpacked into a cache folder.
// `node build/debian-packages.mjs` prints the folder. Needs Debian on amd64 with apt; no root. Signatures are checked by apt, against Debian's own keyring.
// It installs nothing, and reads the mirror from the machine's own sources. Plain JavaScript: .ci/run calls it before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { root, say } from "./runtime.mjs";

/** Package and release. With `whole` its libraries come too, so that its programs run. */
const wanted = Object.freeze([
  { name: "qemu-system-x86", release: "trixie", whole: true },
  { name: "libvirt-common", release: "trixie", whole: false },
  { name: "ovmf", release: "bookworm", whole: false },
  { name: "ovmf", release: "trixie", whole: false },
  { name: "ovmf-amdsev", release: "forky", whole: false },
  // The package of that name holds nothing but a dependency on the newest kernel, whose own name changes.
  { name: "linux-image-cloud-amd64", release: "bookworm", whole: false, stands: /^linux-image-6\.1\.\S+-cloud-amd64$/ },
  { name: "busybox-static", release: "bookworm", whole: false },
]);

/** Kept between runs; PORTCULLIS_DEBIAN_CACHE names another place. A folder per release, and `bin`. */
export const debianFolder = resolve(process.env["PORTCULLIS_DEBIAN_CACHE"] ?? join(root, "test/results/debian"));

/** @returns {boolean} whether the folder is there and whole: a broken run leaves none */
export function hasDebianPackages() {
  const list = join(debianFolder, listName);
  return existsSync(list) && readFileSync(list, "utf8") === wantedText();
}

/** Absolute path of QEMU 10, where {@link hasDebianPackages}. */
export function debianQemu() {
  return join(debianFolder, qemuProgram);
}

/** The kernel's image, where {@link hasDebianPackages}. */
export function debianKernel() {
  const tree = join(debianFolder, "bookworm");
  return join(tree, "boot", `vmlinuz-${readdirSync(join(tree, "lib/modules"))[0] ?? ""}`);
}

/** For a person whose test was skipped. */
export const debianSentence =
  "QEMU 10, libvirt's schema and Debian's firmware are not here (Debian: node build/debian-packages.mjs brings them)";

/**
 * Brings what is missing; does nothing where all is there.
 * @returns {string | undefined} why it could not be brought
 */
export function bringDebianPackages() {
  if (hasDebianPackages()) return undefined;
  if (process.arch !== "x64") return "QEMU 10 is brought for amd64 machines only.";
  const source = debianSource();
  if (typeof source === "string") return source;
  // A mirror that is being brought up to date now and then fails once.
  return bringFrom(source.mirror) === undefined ? undefined : bringFrom(source.mirror);
}

/**
 * Where this machine gets Debian from.
 * @returns {{ mirror: string; keyring: string } | string} or why nothing can be brought
 */
export function debianSource() {
  const mirror = configuredMirror();
  if (mirror === undefined)
    return "No Debian mirror is configured on this machine (apt-get update --print-uris names none), so nothing was brought.";
  if (!existsSync(keyring)) return `Debian's keyring is not at ${keyring} (Debian: apt-get install debian-archive-keyring).`;
  return { mirror, keyring };
}

/**
 * One package without what it depends on, unpacked and not installed.
 * @param {string} name
 * @param {string} release
 * @param {string} target a folder; made where it is missing
 * @returns {string | undefined} why it could not be brought
 */
export function unpackDebianPackage(name, release, target) {
  const source = debianSource();
  if (typeof source === "string") return source;
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(`${target}-`);
  try {
    const loose = join(work, "loose");
    mkdirSync(loose);
    return openRoot(work, source.mirror, [release]) ?? apt(work, ["download", `${name}/${release}`], loose) ?? unpack(loose, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} mirror
 * @returns {string | undefined}
 */
function bringFrom(mirror) {
  mkdirSync(dirname(debianFolder), { recursive: true });
  const work = mkdtempSync(`${debianFolder}-`);
  try {
    const fault = fill(work, mirror);
    if (fault !== undefined) return fault;
    rmSync(debianFolder, { recursive: true, force: true });
    renameSync(join(work, "tree"), debianFolder);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} work
 * @param {string} mirror
 * @returns {string | undefined}
 */
function fill(work, mirror) {
  const releases = [...new Set(wanted.map(({ release }) => release))];
  mkdirSync(join(work, "tree"), { recursive: true });
  const unopened = openRoot(work, mirror, releases);
  if (unopened !== undefined) return unopened;
  const whole = wanted.filter((one) => one.whole);
  for (const { name, release } of whole) {
    const fault = apt(work, ["install", "--download-only", "--no-install-recommends", "-y", "-t", release, `${name}/${release}`]);
    if (fault !== undefined) return fault;
  }
  const broken = unpack(join(work, "cache/archives"), join(work, "tree", whole[0]?.release ?? ""));
  if (broken !== undefined) return broken;
  for (const { name, release, stands } of wanted.filter((one) => !one.whole)) {
    const folder = join(work, "loose", `${name}-${release}`);
    mkdirSync(folder, { recursive: true });
    const meant = stands === undefined ? name : stoodFor(work, name, release, stands);
    if (meant === undefined) return `${release}'s ${name} depends on no package that is called like ${stands}.`;
    const fault = apt(work, ["download", `${meant}/${release}`], folder) ?? unpack(folder, join(work, "tree", release));
    if (fault !== undefined) return fault;
  }
  mkdirSync(join(work, "tree/bin"));
  writeFileSync(join(work, "tree", qemuProgram), qemuStarter, { mode: 0o755 });
  writeFileSync(join(work, "tree", listName), wantedText());
  return undefined;
}

/**
 * @param {string} work a folder, for apt alone
 * @param {string} mirror
 * @param {readonly string[]} releases
 * @returns {string | undefined}
 */
function openRoot(work, mirror, releases) {
  for (const folder of ["lists/partial", "cache/archives/partial", "state"]) mkdirSync(join(work, folder), { recursive: true });
  writeFileSync(join(work, "state/status"), "");
  const lines = releases.map((release) => `deb [target=Packages arch=amd64 signed-by=${keyring}] ${mirror} ${release} main\n`);
  writeFileSync(join(work, "sources.list"), lines.join(""));
  return apt(work, ["update"]);
}

/**
 * The machine's own apt with every folder of its own; proxies and the like stay as the machine has them.
 * @param {string} work
 * @param {readonly string[]} args
 * @param {string} [cwd]
 * @returns {string | undefined}
 */
function apt(work, args, cwd = work) {
  const result = spawnSync("apt-get", ["-qq", ...aptOptions(work), ...args], {
    cwd,
    encoding: "utf8",
    timeout: longestStep,
    env: plainEnvironment(),
  });
  if (result.status === 0) return undefined;
  const why = result.error === undefined ? result.stderr.trim().split("\n").slice(0, 3).join(" ") : result.error.message;
  return `Debian's packages were not brought: apt-get ${args[0]} failed. Is the mirror that this machine names reachable from here? ${why}`;
}

/**
 * @param {string} work
 * @param {string} name of a package that holds nothing itself
 * @param {string} release
 * @param {RegExp} stands
 * @returns {string | undefined} the package that it depends on
 */
function stoodFor(work, name, release, stands) {
  const words = ["show", "--no-all-versions", `${name}/${release}`];
  const shown = spawnSync("apt-cache", [...aptOptions(work), ...words], {
    encoding: "utf8",
    timeout: longestStep,
    env: plainEnvironment(),
  });
  const depends = /^Depends: (.*)$/m.exec(shown.stdout ?? "")?.[1] ?? "";
  return depends.split(/[ ,|]+/).find((word) => stands.test(word));
}

/**
 * @param {string} work
 * @returns {string[]}
 */
function aptOptions(work) {
  const settings = {
    "Dir::Etc::SourceList": join(work, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::Preferences": "/dev/null",
    "Dir::Etc::PreferencesParts": "/dev/null",
    "Dir::State": join(work, "state"),
    "Dir::State::Lists": join(work, "lists"),
    "Dir::State::Status": join(work, "state/status"),
    "Dir::Cache": join(work, "cache"),
    "APT::Architecture": "amd64",
    "APT::Architectures": "amd64",
    // The folders belong to whoever runs this, and the other user that apt would download as could not write there.
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "15",
    "Acquire::https::Timeout": "15",
    "Debug::NoLocking": "1",
    "APT::Get::AllowUnauthenticated": "0",
    // A release that is half there is none.
    "APT::Update::Error-Mode": "any",
  };
  return Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

/**
 * @param {string} archives
 * @param {string} target
 * @returns {string | undefined}
 */
function unpack(archives, target) {
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
    const result = spawnSync("dpkg-deb", ["-x", join(archives, name), target], { encoding: "utf8", timeout: longestStep });
    if (result.status !== 0) return `${name} could not be unpacked: ${result.error?.message ?? result.stderr}`;
  }
  return undefined;
}

/** @returns {string | undefined} the base address of the release that this machine itself runs */
function configuredMirror() {
  const printed = spawnSync("apt-get", ["update", "--print-uris"], { encoding: "utf8", timeout: longestStep, env: plainEnvironment() });
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(existsSync(osRelease) ? readFileSync(osRelease, "utf8") : "")?.[1];
  if (printed.status !== 0 || codename === undefined) return undefined;
  const suites = [codename, "stable", "testing", "unstable", "sid"];
  for (const [, base, suite] of printed.stdout.matchAll(/^'([^']+)\/dists\/([^/']+)\/InRelease'/gm)) {
    if (base !== undefined && suite !== undefined && suites.includes(suite)) return base;
  }
  return undefined;
}

function plainEnvironment() {
  return { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
}

/** Of the tree of this list: another list of packages is another tree. */
function wantedText() {
  return `${JSON.stringify(wanted, (_, value) => (value instanceof RegExp ? value.source : /** @type {unknown} */ (value)))}\n`;
}

const listName = "packages.json";
const qemuProgram = "bin/qemu-system-x86_64";
/** With the libraries of its own release, whatever this machine runs. */
const qemuStarter = `#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")/trixie/usr
libraries=$root/lib/x86_64-linux-gnu
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/bin/qemu-system-x86_64" -L "$root/share/qemu" -L "$root/share/seabios" "$@"
`;
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const osRelease = "/etc/os-release";
/** Milliseconds. All steps together take some 20 seconds. */
const longestStep = 60_000;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const fault = bringDebianPackages();
  if (fault !== undefined) {
    say(fault);
    process.exit(1);
  }
  process.stdout.write(`${debianFolder}\n`);
}
