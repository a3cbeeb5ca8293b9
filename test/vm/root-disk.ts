// Which root does the VM boot? A tiny real one, ext4 with busybox alone, whose first program prints a marker; encrypted in place with the VM's own key.
// The key goes to cryptsetup through a pipe.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianFolder } from "../../build/debian-packages.mjs";
import type { Secret } from "../../core/base/secret.ts";
import { pathOf } from "../kit/needs.ts";

/** Printed by the real root's first program, and by nothing else. */
export const marker = "PORTCULLIS-REAL-ROOT-IS-HERE";

/** @param folder ours alone. @returns the image's path. */
export function makeRootDisk(folder: string, key: Secret): string {
  const tree = join(folder, "root");
  for (const inside of ["bin", "sbin", "dev", "proc", "sys", "run", "etc", "tmp"]) mkdirSync(join(tree, inside), { recursive: true });
  copyFileSync(join(debianFolder, "bookworm/bin/busybox"), join(tree, "bin/busybox"));
  for (const name of ["sh", "cat", "echo", "poweroff", "sleep", "ls"]) symlinkSync("busybox", join(tree, "bin", name));
  writeFileSync(join(tree, "sbin/init"), firstProgram, { mode: 0o755 });
  const image = join(folder, "root.img");
  writeFileSync(image, "");
  truncateSync(image, dataLength);
  execFileSync(pathOf("mke2fs"), ["-q", "-t", "ext4", "-d", tree, "-m", "0", "-O", "^has_journal", "-E", "root_owner=0:0", image]);
  truncateSync(image, dataLength + headerLength);
  key.use((bytes) => execFileSync(pathOf("cryptsetup"), [...encryptArguments, image], { input: bytes }));
  return image;
}

/** The status file is what the agent leaves for the running system. */
const firstProgram = `#!/bin/sh
echo ${marker} > /dev/console
cat /run/portcullis/status > /dev/console
poweroff -f
`;
const dataLength = 16 * 2 ** 20;
const headerLength = 16 * 2 ** 20;
const encryptArguments = [
  "reencrypt",
  "--encrypt",
  "--batch-mode",
  "--type=luks2",
  `--reduce-device-size=${headerLength}`,
  "--pbkdf=pbkdf2",
  "--pbkdf-force-iterations=1000",
  "--cipher=aes-xts-plain64",
  "--key-size=512",
  "--key-file=-",
  "--disable-locks",
];
