// How does the agent get into the image of a Debian or Ubuntu VM? A package by plain dpkg-deb, the same bytes each time.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../runtime.mjs";
import { description, entriesOf, epoch, type PackageParts, placeFiles, settle, write } from "./tree.ts";

/** @returns the package's path. Throws where dpkg-deb fails. */
export function buildDebianPackage({ agent, out, version }: PackageParts): string {
  const tree = mkdtempSync(join(tmpdir(), "portcullis-deb-"));
  try {
    placeFiles(tree, agent, [{ from: "LICENSE", to: `${documents}/copyright`, mode: 0o644 }]);
    const changes = `portcullis-agent (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${changeDate}\n`;
    write(tree, `${documents}/changelog.gz`, gzipSync(changes, { level: 9 }), 0o644);
    write(tree, "usr/share/lintian/overrides/portcullis-agent", overrides, 0o644);
    write(tree, "DEBIAN/control", control(version, Math.ceil(bytesOf(tree) / 1024)), 0o644);
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
    "Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6, cryptsetup-bin (>= 2:2.3), iproute2, coreutils, initramfs-tools | dracut",
    "Conflicts: dropbear-initramfs, tinyssh-initramfs",
    "Description: opens the disks of a confidential VM after it has attested",
    ...description.map((line) => ` ${line}`),
    "",
  ].join("\n");
}

function bytesOf(folder: string): number {
  return entriesOf(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

const documents = "usr/share/doc/portcullis-agent";
const maintainer = "Portcullis <portcullis@localhost>";
const changeDate = "Thu, 01 Jan 2026 00:00:00 +0000";
const overrides = [
  "# A single executable carries its program behind its sections: stripping destroys it.",
  "portcullis-agent: unstripped-binary-or-object [usr/lib/portcullis/portcullis-agent]",
  "# Node's own copies, built into it.",
  "portcullis-agent: embedded-library *",
  "",
].join("\n");
