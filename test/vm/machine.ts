// How does the VM run? QEMU 10 under emulation, kernel started by QEMU itself, console in a file, the processor behind a virtio port. When the VM
// powers off it is stopped with its memory as it was, which can be looked at. It changes no disk: every write goes to a snapshot that is thrown away.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianQemu } from "../../build/debian-packages.mjs";
import { root } from "../../build/runtime.mjs";
import { processorPort } from "./initramfs.ts";
import { typeKeys } from "./keystrokes.ts";
import { Qmp } from "./qmp.ts";

/** Where a VM's agent dials: QEMU leads this address to the machine that it runs on, each connection by itself. */
export const hostAddress = "10.0.2.2";

export interface MachineChoices {
  /** Of the console's file in test/results/vm. */
  readonly name: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** What QEMU takes as a file: a path, or an address of a server. In order /dev/vda, /dev/vdb, … */
  readonly drives: readonly string[];
  /** Path of a file with the agent's configuration. */
  readonly configuration: string;
  /** Of the simulated processor. */
  readonly socket: string;
  /** Ours alone. */
  readonly folder: string;
  /** QEMU's words for the network: one device that gets to {@link hostAddress}, where nothing else is said. */
  readonly network?: readonly string[];
  /** The machine's own name server, as QEMU sees it, which the VM finds at 10.0.2.3. */
  readonly nameServer?: string;
  /** Of keys at the console, all the time. */
  readonly typing: boolean;
  /** More words for QEMU. */
  readonly more?: readonly string[];
}

/** powered-off: by the VM itself. reset: it wanted to start again. */
export type Ending = "powered-off" | "reset" | "stopped from outside";

export interface Machine {
  /** All that came over the console so far. */
  console(): string;
  /** Milliseconds after QEMU's start at which the console first showed this text; undefined where it has not. */
  shownAt(text: string): number | undefined;
  /** Resolves when the console shows this text. Throws where the VM ends first. */
  shown(text: string): Promise<void>;
  /** What the host does to the VM (QEMU's QMP). */
  execute(command: string, words: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** The VM is stopped then, and its memory stays until {@link close}. */
  readonly ended: Promise<Ending>;
  /** Of the VM, into a file in the ELF form. */
  dumpMemory(path: string): Promise<void>;
  close(): Promise<void>;
}

export async function startMachine(choices: MachineChoices): Promise<Machine> {
  const results = join(root, "test/results/vm");
  mkdirSync(results, { recursive: true });
  const file = createWriteStream(join(results, `${choices.name}.console`));
  const qmpPath = join(choices.folder, "qmp.sock");
  const qmp = await Qmp.listen(qmpPath);
  const began = performance.now();
  const [program, ...rest] = [...withNameServer(choices), debianQemu(), ...words(choices), "-qmp", `unix:${qmpPath}`];
  const child: ChildProcess = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  let onText = (): void => {};
  const pieces: { readonly at: number; readonly end: number }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Buffer) => {
      file.write(piece);
      text += piece.toString("latin1");
      pieces.push({ at: performance.now() - began, end: text.length });
      onText();
    });
  }
  const gone = new Promise<void>((resolve) => child.once("close", () => file.end(resolve)));
  const stopTyping = choices.typing ? typeKeys(child, qmp) : () => {};
  const ended = new Promise<Ending>((resolve) => {
    qmp.onEvent = (name, reason) => {
      if (name !== "SHUTDOWN") return;
      stopTyping();
      resolve(endings[reason ?? ""] ?? "stopped from outside");
    };
    void gone.then(() => resolve("stopped from outside"));
  });
  return {
    console: () => text,
    shownAt(wanted) {
      const at = text.indexOf(wanted);
      return at < 0 ? undefined : pieces.find(({ end }) => end >= at + wanted.length)?.at;
    },
    shown: (wanted) =>
      new Promise((resolve, reject) => {
        onText = () => text.includes(wanted) && resolve();
        void ended.then((how) => reject(new Error(`the VM ended (${how}) before it said "${wanted}":\n${text}`)));
        onText();
      }),
    async execute(command, about) {
      await qmp.ready;
      return qmp.execute(command, about);
    },
    ended,
    async dumpMemory(path) {
      await qmp.execute("dump-guest-memory", { paging: false, protocol: `file:${path}` });
    },
    async close() {
      stopTyping();
      child.kill("SIGKILL");
      await gone;
      qmp.close();
    },
  };
}

/** QEMU's words, by its QAPI schema ("ShutdownCause"). */
const endings: Readonly<Record<string, Ending>> = { "guest-shutdown": "powered-off", "guest-reset": "reset" };

function words({
  kernel,
  initrd,
  commandLine,
  drives,
  configuration,
  socket,
  network = ordinaryNetwork,
  more = [],
}: MachineChoices): readonly string[] {
  return [
    ["-accel", "tcg", "-cpu", "max", "-m", "768", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-no-shutdown"],
    ["-chardev", "stdio,id=c0,signal=off", "-serial", "chardev:c0"],
    ["-kernel", kernel, "-initrd", initrd, "-append", commandLine],
    network,
    ...drives.flatMap((drive, index) => [
      ["-drive", `file=${drive},format=raw,if=none,id=d${index},snapshot=on`],
      ["-device", `virtio-blk-pci,drive=d${index}`],
    ]),
    ["-object", "rng-random,filename=/dev/urandom,id=r0", "-device", "virtio-rng-pci,rng=r0"],
    ["-device", "virtio-serial-pci", "-chardev", `socket,id=p0,path=${socket}`],
    ["-device", `virtserialport,chardev=p0,name=${processorPort}`],
    ["-fw_cfg", `name=opt/portcullis/configuration,file=${configuration}`],
    more,
  ].flat();
}

/** QEMU asks whom /etc/resolv.conf names: another one is laid over it, for QEMU alone. */
function withNameServer({ folder, nameServer }: MachineChoices): readonly string[] {
  if (nameServer === undefined) return [];
  const file = join(folder, "resolv.conf");
  writeFileSync(file, `nameserver ${nameServer}\n`);
  return ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "sh", file];
}

const ordinaryNetwork = ["-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0,romfile="];
