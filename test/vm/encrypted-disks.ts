// Which disks does the VM have? A tiny real root, ext4 with busybox alone, whose first program prints a marker and what the agent left behind; and one
// with data. Both are encrypted in place by `disk prepare`'s own code, with keys of the manager's keychain.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianFolder } from "../../build/debian-packages.mjs";
import { silentLog } from "../../core/base/log.ts";
import { must, ok } from "../../core/base/result.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import { systemClock } from "../../core/node/clock.ts";
import { PreparedDisks } from "../../core/node/disk/prepared-disks.ts";
import { pathOf } from "../kit/needs.ts";
import type { RealManager } from "../proofs/real-manager.ts";

/** Printed by the real root's first program, and by nothing else. */
export const marker = "PORTCULLIS-REAL-ROOT-IS-HERE";
/** In a file on the data disk. */
export const dataMarker = "PORTCULLIS-DATA-IS-HERE";

export const rootDisk = { id: "root", device: "/dev/vda", name: "root" };
export const dataDisk = { id: "data", device: "/dev/vdb", name: "data" };
/** A root whose init is gone, with a shell that could stand in. */
export const initlessDisk = { id: "initless", device: "/dev/vdc", name: "initless" };
const disks = [rootDisk, dataDisk, initlessDisk];

export interface EncryptedDisk {
  readonly image: string;
  readonly uuid: string;
  /** What the agent is given. */
  readonly key: Uint8Array;
  /** What the kernel holds while the disk is open. */
  readonly volumeKey: Uint8Array;
}

/** By the disk's id. @param folder ours alone. */
export async function prepareDisks(folder: string, real: RealManager): Promise<ReadonlyMap<string, EncryptedDisk>> {
  const { manager, keychain } = real;
  const endpoints = ["manager.test:7443"];
  const vm = must(await manager.enrol({ name: "whose disks these are", simulated: true, disks, endpoints, measurements: [] }));
  const images = new Map([
    [rootDisk.id, makeFileSystem(folder, "root", fillRoot)],
    [initlessDisk.id, makeFileSystem(folder, "initless", fillTree)],
    [dataDisk.id, makeFileSystem(folder, "data", (tree) => writeFileSync(join(tree, "marker"), `${dataMarker}\n`))],
  ]);
  const made = new Map<string, EncryptedDisk>();
  for (const [disk, image] of images) {
    const uuid = await encrypt(real, { vm: vm.id, disk, image, headerBackup: join(folder, `${disk}.header`) });
    const secret = must(await keychain.getSecret(diskAccount(vm.id, disk)));
    const key = secret.use((bytes) => bytes.slice());
    secret.wipe();
    made.set(disk, { image, uuid, key, volumeKey: volumeKeyOf(image, key) });
  }
  return made;
}

interface Wanted {
  readonly vm: string;
  readonly disk: string;
  readonly image: string;
  readonly headerBackup: string;
}

/** @returns the header's UUID. */
async function encrypt({ manager, keychain }: RealManager, wanted: Wanted): Promise<string> {
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  const prepared = new PreparedDisks({
    ready: () => ok({ manager, keychain }),
    clock: systemClock,
    log: silentLog,
    onChange: () => void (prepared.run(undefined)?.endedAt === undefined || ended()),
  });
  must(await prepared.prepare({ ...wanted, mode: "convert", integrity: false }));
  await end;
  const { phase, uuid, failure } = prepared.run(undefined) ?? {};
  if (phase !== "done" || uuid === undefined) throw new Error(`${wanted.disk} was not encrypted: ${failure?.code ?? phase}`);
  return uuid;
}

function makeFileSystem(folder: string, name: string, fill: (tree: string) => void): string {
  const [tree, image] = [join(folder, `${name}.tree`), join(folder, `${name}.img`)];
  mkdirSync(tree);
  fill(tree);
  writeFileSync(image, "");
  truncateSync(image, fileSystemLength);
  execFileSync(pathOf("mke2fs"), ["-q", "-t", "ext4", "-d", tree, "-m", "0", "-O", "^has_journal", "-E", "root_owner=0:0", image]);
  rmSync(tree, { recursive: true });
  return image;
}

function fillRoot(tree: string): void {
  fillTree(tree);
  writeFileSync(join(tree, "sbin/init"), firstProgram, { mode: 0o755 });
}

function fillTree(tree: string): void {
  for (const inside of ["bin", "sbin", "dev", "proc", "sys", "run", "etc", "tmp", "data", "usr"]) mkdirSync(join(tree, inside));
  copyFileSync(join(debianFolder, "bookworm/bin/busybox"), join(tree, "bin/busybox"));
  for (const name of ["sh", "cat", "echo", "poweroff", "sleep", "ls", "ps", "mount", "find", "grep", "stty", "ip"])
    symlinkSync("busybox", join(tree, "bin", name));
  // systemd switches to no root without it.
  writeFileSync(join(tree, "etc/os-release"), "ID=portcullis-test\n");
}

/** cryptsetup's own answer. */
function volumeKeyOf(image: string, key: Uint8Array): Uint8Array {
  const file = `${image}.volume-key`;
  const words = ["luksDump", "--disable-locks", "--batch-mode", "--dump-volume-key", "--volume-key-file", file, "--key-file=-", image];
  execFileSync(pathOf("cryptsetup"), words, { input: key, stdio: ["pipe", "ignore", "pipe"] });
  const volumeKey = new Uint8Array(readFileSync(file));
  rmSync(file);
  return volumeKey;
}

/** Kernel threads are in brackets; the script itself and its `ps` are the only others that there may be. */
const firstProgram = `#!/bin/sh
exec > /dev/console 2>&1
stty -echo < /dev/console
echo ${marker}
cat /run/portcullis/status
find /run -path '*portcullis*' ! -path '/run/udev/*' | while read -r path; do echo "left: $path"; done
[ ! -e /etc/portcullis ] || echo "left: /etc/portcullis"
mount -t sysfs sysfs /sys
cd /sys/class/net
for device in *; do
  read -r flags < "$device/flags"
  [ "$device" = lo ] || [ $((flags & 1)) = 0 ] || echo "network: $device is up"
done
ip -o addr | grep -v ' lo ' | while read -r line; do echo "network: $line"; done
{ ip route; ip -6 route; } | grep -v ' lo ' | while read -r line; do echo "network: $line"; done
find /run -name 'net-*' | while read -r line; do echo "network: $line"; done
ps -o pid,args | grep -v '\\[' | while read -r pid words; do echo "runs: $words"; done
[ ! -e /dev/mapper/data ] || { mount -t ext4 -o ro /dev/mapper/data /data && cat /data/marker; }
echo END
poweroff -f
`;
const fileSystemLength = 16 * 2 ** 20;
