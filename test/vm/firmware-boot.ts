// What becomes of a boot by firmware? QEMU 10 under emulation, without a network; it is watched until the kernel speaks, the firmware says what it does
// instead, or the processor stands still in the firmware. A VM that does none of these by the deadline is killed, and the error holds its console.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { debianQemu } from "../../build/debian-packages.mjs";
import { type BootFiles, firmwareWords, type VmFirmware } from "./firmware.ts";
import { ProcessorWatch } from "./processor-watch.ts";
import { Qmp } from "./qmp.ts";

export type Ending =
  /** The kernel, or the part of it that the firmware calls, has printed a line; the VM ran until it powered itself off. */
  | "started"
  /** The firmware's own words. */
  | "nothing to boot"
  /** The firmware's own words: it starts what it found on a disk. */
  | "starts from a disk"
  /** The firmware waits for ever, and the kernel has printed nothing. */
  | "stands still";

export interface Boot {
  readonly ending: Ending;
  readonly console: string;
}

export interface Handed {
  /** Ours alone. */
  readonly folder: string;
  readonly firmware: VmFirmware;
  /** What the host hands over; undefined: nothing. */
  readonly files?: BootFiles;
  /** A folder that the VM sees as a disk with a FAT file system. */
  readonly disk?: string;
}

export async function bootByFirmware(handed: Handed): Promise<Boot> {
  const path = join(handed.folder, "qmp.sock");
  const qmp = await Qmp.listen(path);
  const child = spawn(debianQemu(), [...words(handed), "-qmp", `unix:${path}`], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  try {
    return await watch(child, ended, new ProcessorWatch(qmp));
  } finally {
    qmp.close();
    child.kill("SIGKILL");
    await ended;
  }
}

async function watch(child: ChildProcess, ended: Promise<number | null>, processor: ProcessorWatch): Promise<Boot> {
  let console = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece: Buffer) => (console += piece.toString("latin1")));
  const late = AbortSignal.timeout(deadline);
  const started = (): boolean => kernelSpeaks.test(console);
  while (!late.aborted) {
    const still = await Promise.race([processor.standsStill(), ended.then(() => false)]);
    if (started()) break;
    const said = firmwareSays.find(({ text }) => text.test(console));
    if (said !== undefined) return { ending: said.ending, console };
    if (still) return { ending: "stands still", console };
    if (child.exitCode !== null) throw new Error(`QEMU ended with ${child.exitCode} before anything was started:\n${console}`);
    await after(betweenLooks);
  }
  const code = await Promise.race([ended, stopped(late)]);
  if (code === 0 && started()) return { ending: "started", console };
  throw new Error(`the VM came to no end by its deadline:\n${console}`);
}

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function words({ folder, firmware, files, disk }: Handed): readonly string[] {
  return [
    ["-accel", "tcg", "-cpu", "max", "-m", "768", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"],
    firmwareWords(firmware),
    files === undefined ? [] : fileWords(folder, files),
    disk === undefined ? [] : ["-drive", `file=fat:${disk},format=raw,if=none,id=d0,snapshot=on`, "-device", "virtio-blk-pci,drive=d0"],
  ].flat();
}

function fileWords(folder: string, { kernel, initrd, commandLine }: BootFiles): readonly string[] {
  const [kernelFile, initrdFile] = [join(folder, "kernel"), join(folder, "initrd")];
  writeFileSync(kernelFile, kernel);
  if (initrd !== undefined) writeFileSync(initrdFile, initrd);
  return ["-kernel", kernelFile, ...(initrd === undefined ? [] : ["-initrd", initrdFile]), "-append", commandLine];
}

/** Of the kernel's EFI stub, which the firmware starts, and of the kernel itself. */
const kernelSpeaks = /EFI stub: |Linux version /;
const firmwareSays: readonly { readonly text: RegExp; readonly ending: Ending }[] = [
  { text: /BdsDxe: No bootable option was found\./, ending: "nothing to boot" },
  { text: /BdsDxe: starting Boot\d+ "UEFI Misc Device"/, ending: "starts from a disk" },
];
/** Milliseconds. */
const betweenLooks = 50;
const deadline = 60_000;
