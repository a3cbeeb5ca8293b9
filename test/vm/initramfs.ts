// Is there an initrd as an owner would have it? mkinitramfs of this machine with the agent's own integration (agent/initramfs), the kernel of
// build/debian-packages.mjs, and the simulated agent in the agent's place. Installs nothing: what mkinitramfs must see is laid over in a namespace.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianKernel } from "../../build/debian-packages.mjs";
import { buildAgentExecutable } from "../../build/agent-executable.ts";
import { root } from "../../build/runtime.mjs";

/** The processor's port inside the VM, by the name that QEMU gives it. */
export const processorPort = "portcullis.processor";

/** docs/agent.md. */
export const commandLine = [
  "console=ttyS0",
  "quiet",
  // A busy machine emulates a timer that seems not to tick.
  "no_timer_check",
  "panic=-1",
  "rd.shell=0",
  "rd.emergency=poweroff",
  "root=/dev/mapper/root",
  "rootfstype=ext4",
  "ro",
  "ip=10.0.2.15::10.0.2.2:255.255.255.0::any:none",
].join(" ");

export const integration = join(root, "agent/initramfs");

export interface Initrd {
  readonly path: string;
  readonly kernel: string;
  readonly commandLine: string;
}

/** @param folder ours alone. */
export async function makeInitramfs(folder: string): Promise<Initrd> {
  const library = await makeLibrary(join(folder, "library"));
  const configuration = makeConfigurationFolder(join(folder, "initramfs-tools"));
  const kernel = debianKernel();
  // Unpacked packages have no list of their modules yet: the kernel's own installation makes it.
  execFileSync("depmod", ["-b", kernel.tree, kernel.version]);
  const below = join(folder, "below");
  mkdirSync(join(below, "modules"), { recursive: true });
  const initrd = join(folder, "initrd.img");
  const script = [
    "set -e",
    'mount -t overlay overlay -o "lowerdir=$1:/usr/lib" /usr/lib',
    'mount --bind "$2/lib/modules" /usr/lib/modules',
    'mount --bind "$2/boot" /boot',
    'exec mkinitramfs -d "$3" -o "$4" "$5"',
  ].join("\n");
  execFileSync("unshare", ["--mount", "sh", "-c", script, "sh", below, kernel.tree, configuration, initrd, kernel.version], {
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      PORTCULLIS_LIBRARY: library,
      PORTCULLIS_ROOT: join(folder, "library/system"),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return { path: initrd, kernel: kernel.image, commandLine };
}

/** What the package installs under /usr/lib/portcullis, with a wrapper in the agent's place that names the simulated processor. */
async function makeLibrary(library: string): Promise<string> {
  mkdirSync(join(library, "system/etc/portcullis"), { recursive: true });
  for (const file of ["launch", "network.sh", "command-line-check"]) {
    copyFileSync(join(integration, file), join(library, file));
    chmodSync(join(library, file), 0o755);
  }
  writeFileSync(join(library, "system/etc/portcullis/kernel-command-line"), `${commandLine}\n`);
  const { path } = await buildAgentExecutable("simulated");
  copyFileSync(path, join(library, "portcullis-agent-simulated"));
  writeFileSync(join(library, "portcullis-agent"), agentWrapper, { mode: 0o755 });
  return library;
}

function makeConfigurationFolder(folder: string): string {
  const placed = { hook: "hooks/portcullis", "local-top": "scripts/local-top/portcullis", panic: "scripts/panic/portcullis" };
  for (const [file, place] of Object.entries(placed)) {
    mkdirSync(join(folder, place, ".."), { recursive: true });
    copyFileSync(join(integration, "initramfs-tools", file), join(folder, place));
    chmodSync(join(folder, place), 0o755);
  }
  mkdirSync(join(folder, "conf.d"), { recursive: true });
  writeFileSync(join(folder, "initramfs.conf"), "MODULES=list\nBUSYBOX=auto\nKEYMAP=n\nCOMPRESS=zstd\nCOMPRESSLEVEL=3\nRUNSIZE=10%\n");
  writeFileSync(join(folder, "modules"), "ext4\nvirtio_console\nvirtio_rng\n");
  // After the integration's own hook, which knows the release agent only.
  writeFileSync(join(folder, "hooks/portcullis-test"), testHook, { mode: 0o755 });
  return folder;
}

/** @returns why it cannot be made here. */
export function initramfsLacks(): string | undefined {
  if (!existsSync(integration)) return "agent/initramfs is not here";
  if (!existsSync("/usr/sbin/mkinitramfs")) return "mkinitramfs is not installed (Debian: apt-get install initramfs-tools-core)";
  if (process.getuid?.() !== 0) return "mkinitramfs needs root here, for a mount namespace of its own";
  return undefined;
}

/** Runs inside the VM; it ends with the agent's exit code because it becomes the agent. */
export const agentWrapper = `#!/bin/sh
for name in /sys/class/virtio-ports/*/name; do
  read -r found < "$name" || continue
  [ "$found" != ${processorPort} ] || port=$name
done
port=\${port%/name}
exec /usr/lib/portcullis/portcullis-agent-simulated --processor "/dev/\${port##*/}" "$@"
`;

const testHook = `#!/bin/sh
case $1 in prereqs) echo portcullis; exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
copy_exec "$PORTCULLIS_LIBRARY/portcullis-agent-simulated" /usr/lib/portcullis/portcullis-agent-simulated
`;
