// How does the VM run? QEMU 10 under emulation, kernel started by QEMU itself, console in a file, the processor behind a virtio port.
// It changes no disk: every write goes to a snapshot that is thrown away.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { debianKernel, debianQemu } from "../../build/debian-packages.mjs";
import { root } from "../../build/runtime.mjs";
import { commandLine, processorPort } from "./initramfs.ts";

/** Where a VM's agent dials: QEMU leads this address to the machine that it runs on, each connection by itself. */
export const hostAddress = "10.0.2.2";

export interface MachineChoices {
  /** Of the console's file in test/results/vm. */
  readonly name: string;
  readonly initrd: string;
  readonly disk: string;
  /** Path of a file with the agent's configuration. */
  readonly configuration: string;
  /** Of the simulated processor. */
  readonly socket: string;
}

export interface Machine {
  /** All that came over the console so far. */
  console(): string;
  /** QEMU's exit code; a VM that powers off ends with 0. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

export function startMachine(choices: MachineChoices): Machine {
  const results = join(root, "test/results/vm");
  mkdirSync(results, { recursive: true });
  const file = createWriteStream(join(results, `${choices.name}.console`));
  const child: ChildProcess = spawn(debianQemu(), [...words(choices)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Buffer) => {
      file.write(piece);
      text += piece.toString("latin1");
    });
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => file.end(() => resolve(code)));
  });
  return { console: () => text, ended, kill: () => void child.kill("SIGKILL") };
}

function words({ initrd, disk, configuration, socket }: MachineChoices): readonly string[] {
  return [
    ["-accel", "tcg", "-cpu", "max", "-m", "768", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ["-serial", "stdio", "-kernel", debianKernel().image, "-initrd", initrd, "-append", commandLine],
    ["-netdev", "user,id=n0"],
    ["-device", "virtio-net-pci,netdev=n0,romfile="],
    ["-drive", `file=${disk},format=raw,if=none,id=d0,snapshot=on`, "-device", "virtio-blk-pci,drive=d0"],
    ["-object", "rng-random,filename=/dev/urandom,id=r0", "-device", "virtio-rng-pci,rng=r0"],
    ["-device", "virtio-serial-pci", "-chardev", `socket,id=p0,path=${socket}`],
    ["-device", `virtserialport,chardev=p0,name=${processorPort}`],
    ["-fw_cfg", `name=opt/portcullis/configuration,file=${configuration}`],
  ].flat();
}
