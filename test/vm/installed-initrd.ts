// Is there an initrd as an owner has it who installs the package? A copy of a Debian tree in which dpkg installs it, and the package's own scripts have
// initramfs-tools or dracut make the initrd. In the agent's place stands a wrapper that names the simulated processor.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildDebianPackage } from "../../build/agent-package/deb.ts";
import { copyTree, crypttab, type InitrdKind, inTree, treeBoot } from "./debian-tree.ts";
import { agentWrapper, commandLine, type Initrd } from "./initramfs.ts";

/** @param simulated path of the simulated agent. @param within a folder, in which one is made. */
export async function makeInstalledInitrd(kind: InitrdKind, simulated: string, within: string): Promise<Initrd> {
  const folder = join(within, `installed-${kind}`);
  mkdirSync(folder);
  const tree = await copyTree(kind, join(folder, kind));
  mkdirSync(join(tree, "etc/portcullis"));
  mkdirSync(join(tree, "usr/lib/portcullis"));
  writeFileSync(join(tree, "etc/portcullis/kernel-command-line"), `${commandLine}\n`);
  for (const { path, text, mode } of ofTheTest[kind]) writeFileSync(join(tree, path), text, { mode });
  writeFileSync(join(tree, "etc/crypttab"), crypttab[kind]);
  copyFileSync(simulated, join(tree, simulatedAgent));
  const agent = join(folder, "agent");
  writeFileSync(agent, agentWrapper, { mode: 0o755 });
  const file = buildDebianPackage({ agent, out: folder, version: "1.0.0" });
  copyFileSync(file, join(tree, "srv", basename(file)));
  const { status, text } = await inTree(tree, ["dpkg", "--install", `/srv/${basename(file)}`]);
  if (status !== 0) throw new Error(`the package was not installed:\n${text}`);
  const { initrd, kernel } = treeBoot(tree);
  return { path: initrd, kernel, commandLine };
}

const simulatedAgent = "usr/lib/portcullis/portcullis-agent-simulated";
const hook = `#!/bin/sh
case $1 in prereqs) exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
copy_exec /${simulatedAgent}
`;
/** The simulated agent comes along; and an initrd that nobody keeps is compressed in a hurry. */
const ofTheTest = {
  "initramfs-tools": [
    { path: "etc/initramfs-tools/hooks/portcullis-test", text: hook, mode: 0o755 },
    { path: "etc/initramfs-tools/conf.d/portcullis-test", text: "COMPRESS=zstd\nCOMPRESSLEVEL=3\n", mode: 0o644 },
  ],
  dracut: [
    { path: "etc/dracut.conf.d/portcullis-test.conf", text: `compress="zstd -3 -q"\ninstall_items+=" /${simulatedAgent} "\n`, mode: 0o644 },
  ],
};
