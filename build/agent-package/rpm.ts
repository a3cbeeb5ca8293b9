// How does the agent get into the image of a Fedora, RHEL or SUSE VM? A package by plain rpmbuild, the same bytes each time from one rpmbuild.
// SECURITY: the command line check is %pre, because rpm only warns where a later script fails; and nothing may touch the agent (no strip, no build id).
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { findProgram, missingSentence } from "../programs.mjs";
import { root } from "../runtime.mjs";
import { agentPath, description, epoch, integrationFiles, type PackageFile, type PackageParts, placeFiles, settle } from "./tree.ts";

/** @returns the package's path. Throws where rpmbuild is missing or fails. */
export function buildRpmPackage({ agent, out, version }: PackageParts): string {
  const rpmbuild = findProgram("rpmbuild");
  if (rpmbuild === undefined) throw new Error(missingSentence("rpmbuild"));
  const work = mkdtempSync(join(tmpdir(), "portcullis-rpm-"));
  try {
    const stage = join(work, "stage");
    placeFiles(stage, agent, [license]);
    settle(stage);
    // rpmbuild takes a single "%" of theirs for a macro.
    for (const { name, text } of scripts()) writeFileSync(join(work, name), text.replaceAll("%", "%%"));
    writeFileSync(join(work, "agent.spec"), spec(version, work));
    const words = ["-bb", "--quiet", "--target", "x86_64-linux", ...definitions(work), join(work, "agent.spec")];
    const environment = { ...builderEnvironment(), HOME: work, PORTCULLIS_STAGE: stage };
    const result = spawnSync(rpmbuild, words, { cwd: work, encoding: "utf8", env: environment });
    const made = result.status === 0 ? readdirSync(join(work, "RPMS")) : [];
    const [name] = made;
    if (name === undefined || made.length !== 1) throw new Error(`rpmbuild failed: ${result.error?.message ?? result.stderr}`);
    mustHoldScripts(join(work, "RPMS", name), work);
    mkdirSync(out, { recursive: true });
    copyFileSync(join(work, "RPMS", name), join(out, name));
    return resolve(out, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Script {
  /** As in a spec file. */
  readonly name: string;
  /** As in a package's header. */
  readonly tag: string;
  readonly text: string;
}

function scripts(): readonly Script[] {
  const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
  // rpm gives a script a number, which the check would take for a command line.
  const check = `set --\n${textOf("agent/initramfs/command-line-check").replace(/^#!.*\n/, "")}`;
  return [
    { name: "pre", tag: "PREIN", text: check },
    { name: "posttrans", tag: "POSTTRANS", text: textOf("build/agent-package/posttrans") },
    { name: "postun", tag: "POSTUN", text: textOf("build/agent-package/postun") },
  ];
}

/** An rpmbuild that reads scripts in another way would make a check that passes what it must not. */
function mustHoldScripts(path: string, work: string): void {
  const rpm = findProgram("rpm");
  if (rpm === undefined) throw new Error(missingSentence("rpm"));
  for (const { name, tag, text } of scripts()) {
    const words = ["-qp", "--queryformat", `%{${tag}}`, path];
    const { stdout } = spawnSync(rpm, words, { encoding: "utf8", env: { ...builderEnvironment(), HOME: work } });
    if (stdout.trim() !== text.trim())
      throw new Error(`rpmbuild changed the package's %${name}: it must be what build/agent-package says.`);
  }
}

/** Nothing of the builder's settings or of its distribution may reach the result. */
function definitions(work: string): readonly string[] {
  const values = {
    _topdir: work,
    _rpmdir: join(work, "RPMS"),
    _build_name_fmt: "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    _dbpath: join(work, "db"),
    _buildhost: "portcullis",
    _target_platform: "x86_64-linux",
    _binary_payload: "w9.zstdio",
    _binary_filedigest_algorithm: "8",
    _build_id_links: "none",
    dist: "%{nil}",
    vendor: "%{nil}",
    packager: "%{nil}",
    distribution: "%{nil}",
    debug_package: "%{nil}",
    __os_install_post: "%{nil}",
    __arch_install_post: "%{nil}",
    // The scripts are started as they are, by whichever shell the system has.
    __brp_mangle_shebangs: "%{nil}",
    use_source_date_epoch_as_buildtime: "1",
    source_date_epoch_from_changelog: "0",
    clamp_mtime_to_source_date_epoch: "1",
    build_mtime_policy: "clamp_to_source_date_epoch",
  };
  return Object.entries(values).flatMap(([name, value]) => ["--define", `${name} ${value}`]);
}

function builderEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", SOURCE_DATE_EPOCH: String(epoch) };
}

function spec(version: string, work: string): string {
  const files = [license, { to: agentPath, mode: 0o755 }, ...integrationFiles].map(
    ({ to, mode }) => `${prefixOf(to)}%attr(${mode.toString(8).padStart(4, "0")}, root, root) /${to}`,
  );
  return [
    "Name: portcullis-agent",
    // "~" is before the release itself, as "-" is in the project's versions.
    `Version: ${version.replaceAll("-", "~")}`,
    "Release: 1",
    "Summary: Opens the disks of a confidential VM after it has attested",
    "License: Apache-2.0",
    // Node's own copies are built in; what it takes of the system is known.
    "AutoReqProv: no",
    ...requirements.map((requirement) => `Requires: ${requirement}`),
    ...["dracut-sshd", "dracut-crypt-ssh"].map((other) => `Conflicts: ${other}`),
    "",
    "%description",
    ...description,
    "",
    "%install",
    'cp -a "$PORTCULLIS_STAGE/." "$RPM_BUILD_ROOT/"',
    "",
    ...scripts().map(({ name }) => `%${name} -f ${join(work, name)}`),
    "",
    "%files",
    ...folders.map((folder) => `%dir %attr(0755, root, root) /${folder}`),
    ...files,
    "",
  ].join("\n");
}

function prefixOf(path: string): string {
  if (path.startsWith("usr/share/doc/")) return "%doc ";
  return path === license.to ? "%license " : "";
}

const license: PackageFile = { from: "LICENSE", to: "usr/share/licenses/portcullis-agent/LICENSE", mode: 0o644 };
/** Those that are nobody else's on a system with dracut: every folder that is called after the project. */
const folders: readonly string[] = [
  ...new Set([agentPath, license.to, ...integrationFiles.map(({ to }) => to)].map((path) => dirname(path))),
].filter((folder) => /portcullis[^/]*$/.test(folder));
const requirements: readonly string[] = [
  "libc.so.6(GLIBC_2.28)(64bit)",
  "libgcc_s.so.1()(64bit)",
  "libstdc++.so.6()(64bit)",
  "cryptsetup >= 2.3",
  // Fedora's and SUSE's name.
  "(iproute or iproute2)",
  "coreutils",
  // cmp, by which the dracut module sees that the agent is whole.
  "diffutils",
  "dracut",
];
