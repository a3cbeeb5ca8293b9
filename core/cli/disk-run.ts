// What `portcullis disk prepare` and `disk check` do: ask the manager and follow until the disk is done, or look at a header alone.
// Ctrl-C stops the work where it can go on later, and says how.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { DiskMode, DiskQuestion, DiskRun } from "../api/disk-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { shellWord } from "../kit/quoting.ts";
import { checkDisk } from "../node/disk/check.ts";
import { findCryptsetup } from "../node/disk/cryptsetup.ts";
import { askManager, findVm, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import { diskText } from "./disk-option.ts";
import { createOutput, type ExitCode, type Output, printable } from "./output.ts";

export interface PrepareOptions extends ManagerOptions {
  readonly vm: string;
  readonly disk: string;
  readonly new?: boolean;
  readonly convert?: boolean;
  readonly resume?: boolean;
  readonly size?: string;
  readonly integrity?: boolean;
  readonly headerBackup: string;
  readonly erase?: string;
}

export interface CheckOptions extends ManagerOptions {
  readonly vm?: string;
}

export async function prepare(image: string, options: PrepareOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const asked = questionOf(image, options);
  if (!asked.ok) {
    process.exitCode = output.refuse(asked.failure);
    return;
  }
  await askManager(options, async (api) => {
    const vm = await findVm(api, options.vm);
    if (!vm.ok) return output.refuse(vm.failure);
    const run = await follow(api, await api.disks.prepare({ vm: vm.value, ...asked.value }));
    const { disks } = await api.vms.get({ id: vm.value });
    return answer(run, disks, options, output);
  });
}

export async function check(named: string, options: CheckOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const image = resolve(named);
  const tool = findCryptsetup();
  if (!tool.ok) {
    process.exitCode = output.refuse(tool.failure);
    return;
  }
  if (!existsSync(image)) {
    process.exitCode = output.refuse(failure("cli.unreadable", image));
    return;
  }
  const checked = await checkDisk(tool.value, image);
  if (!checked.ok) {
    process.exitCode = output.refuse(checked.failure);
    return;
  }
  const { digest, uuid } = checked.value;
  const words = `The agent would ask for this disk's key: its header asks for real encryption.\nheader ${digest}\nUUID ${uuid}`;
  if (options.vm === undefined) {
    output.answer({ image, header: digest, uuid }, () => words);
    return;
  }
  const { vm: name } = options;
  await askManager(options, async (api) => {
    const id = await findVm(api, name);
    if (!id.ok) return output.refuse(id.failure);
    const { disks } = await api.vms.get({ id: id.value });
    output.answer({ image, header: digest, uuid, disks }, () =>
      [
        words,
        ...disks.map((disk) =>
          printable(`disk ${disk.id}: the agent looks for it at ${disk.device} and opens it as ${disk.name}${demandOf(disk.uuid, uuid)}`),
        ),
      ].join("\n"),
    );
    return 0;
  });
}

function demandOf(demanded: string | undefined, uuid: string): string {
  if (demanded === undefined) return "";
  return demanded === uuid ? "; it demands this UUID" : `; it demands the UUID ${demanded}`;
}

/** Until it has ended. The first event of a watch comes at once, so that nothing is missed. */
async function follow(api: ManagerClient, started: DiskRun): Promise<DiskRun> {
  const stop = (): void => void api.disks.cancel({ id: started.id }).catch(() => {});
  process.once("SIGINT", stop);
  const line = new ProgressLine();
  try {
    for await (const change of await api.status.watch({})) {
      if (change.kind !== "disk" && change.kind !== "status") continue;
      const { run = started } = await api.disks.run({ id: started.id });
      if (run.endedAt !== undefined) return run;
      line.show(run);
    }
    return started;
  } finally {
    line.end();
    process.off("SIGINT", stop);
  }
}

function answer(run: DiskRun, disks: VmDetail["disks"], { vm, disk, headerBackup }: PrepareOptions, output: Output): ExitCode {
  if (run.phase === "done") {
    const lines = [
      run.sentence,
      `header backup ${run.headerBackup}`,
      `SHA-256 ${run.headerDigest ?? ""}`,
      ...(run.uuid === undefined ? [] : [`UUID ${run.uuid}`, ...demandLines(run.uuid, disk, disks, vm)]),
    ];
    output.answer(run, () => lines.map(printable).join("\n"));
    return 0;
  }
  if (output.json) output.answer(run, () => "");
  if (run.failure !== undefined) output.note(`${run.failure.sentence} [${run.failure.code}]`);
  if (run.resumable)
    output.note(`Go on with: portcullis disk prepare ${run.image} --vm ${vm} --disk ${disk} --resume --header-backup ${headerBackup}`);
  return 1;
}

/** The whole command: a configuration names all disks of the VM, and one that was left out would get no key. */
function demandLines(uuid: string, disk: string, disks: VmDetail["disks"], vm: string): readonly string[] {
  const demanded = disks.find(({ id }) => id === disk)?.uuid;
  if (demanded === uuid) return ["The VM's configuration demands this UUID already."];
  const words = disks.map((one) => `--disk ${shellWord(diskText(one.id === disk ? { ...one, uuid } : one))}`).join(" ");
  return [
    ...(demanded === undefined ? [] : [`THE VM'S CONFIGURATION DEMANDS ANOTHER, ${demanded}: its agent does not open this disk.`]),
    `To have the agent demand this one: portcullis vm reconfigure ${shellWord(vm)} ${words} --reason "UUID of ${disk}"`,
  ];
}

/** On stderr: one line that is written over on a terminal; elsewhere a new line for each phase and each tenth. */
class ProgressLine {
  #shown = "";

  show({ phase, share, sentence }: DiskRun): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printable(sentence)}`);
    const step = `${phase} ${Math.floor(share * 10)}`;
    if (!process.stderr.isTTY && step !== this.#shown) process.stderr.write(`${printable(sentence)}\n`);
    this.#shown = step;
  }

  end(): void {
    if (process.stderr.isTTY && this.#shown !== "") process.stderr.write("\r\u001b[K");
  }
}

function questionOf(image: string, options: PrepareOptions): Result<Omit<DiskQuestion, "vm">> {
  const modes = ([options.new, options.convert, options.resume] as const).map((given, index) =>
    given === true ? modeNames[index] : undefined,
  );
  const [mode, ...more] = modes.filter((one) => one !== undefined);
  if (mode === undefined || more.length > 0) return fail(failure("cli.usage", "say one of --new, --convert and --resume"));
  const size = options.size === undefined ? ok(undefined) : sizeOf(options.size);
  if (!size.ok) return size;
  return ok({
    disk: options.disk,
    image: resolve(image),
    mode,
    integrity: options.integrity === true,
    headerBackup: resolve(options.headerBackup),
    ...(size.value === undefined ? {} : { size: size.value }),
    ...(options.erase === undefined ? {} : { erase: options.erase }),
  });
}

/** `20G` is 20 times 1024 to the third. */
export function sizeOf(text: string): Result<number> {
  const [, digits = "", suffix = ""] = /^([1-9][0-9]{0,14})([KMGT]?)$/.exec(text) ?? [];
  const size = Number(digits) * 1024 ** " KMGT".indexOf(suffix === "" ? " " : suffix);
  if (digits === "" || !Number.isSafeInteger(size))
    return fail(failure("cli.usage", `--size is a number of bytes, or one with K, M, G or T, not ${text}`));
  return ok(size);
}

const modeNames: readonly DiskMode[] = ["format", "convert", "resume"];
