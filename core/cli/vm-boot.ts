// `portcullis vm boot`: which boot files may the next launches of a VM have? Candidates are read here and measured again by the manager; an approval ahead is
// shown in words first, and confirmed at a terminal or with --yes.
import type { Command } from "commander";
import type { KeptBootSetView } from "../api/boot-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type BootOptions, withBootOptions } from "./boot-options.ts";
import { bootSetText, bootSetsText, oddCommandLine } from "./boot-text.ts";
import { askManager, findVm, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { confirmVm } from "./confirm-vm.ts";
import type { ManagerClient } from "./control-client.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { refuseInput } from "./policy-file.ts";

type AddOptions = ManagerOptions & BootOptions & { readonly label: string };

interface DecideOptions extends ManagerOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

export function bootCommand(): Command {
  const command = makeGroup("boot", "boot files of a VM: measured ahead, approved ahead, retired", [
    'vm boot add db-1 --label "6.12.9" --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append "ro" --vcpus 4 --vcpu-type EPYC-Milan',
    'vm boot approve db-1 "6.12.9" --reason "tested on db-2"',
    'vm boot retire db-1 "6.12.8" --reason "every host has 6.12.9"',
  ]);
  for (const one of [addCommand(), listCommand(), approveCommand(), retireCommand(), removeCommand()]) command.addCommand(one);
  return command;
}

function addCommand(): Command {
  return withBootOptions(
    makeManagerCommand("add", "measure boot files and keep them as a candidate, which lets nothing pass yet", [
      'vm boot add db-1 --label "6.12.9" --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append "ro" --vcpus 4 --vcpu-type EPYC-Milan',
      "vm boot add db-1 --label firmware-only --ovmf OVMF.amdsev.fd --vcpus 4 --vcpu-sig 0xa10f11 --json",
    ])
      .argument("<vm>", "its name or id")
      .requiredOption("--label <text>", "what you call it; the policy names the measurement with it"),
  ).action((name: string, options: AddOptions) =>
    about(name, options, async (api, output, vm) => {
      const { readBootSet } = await import("./boot-set-files.ts");
      const read = readBootSet(options, output);
      if (!read.ok) return refuseInput(output, read.failure);
      const { measurement, ...set } = read.value;
      const odd = oddCommandLine(set);
      if (odd !== undefined) output.note(odd);
      const changed = await api.boot.add({ vm: vm.id, label: options.label, set });
      const added = changed.bootSets.find((kept) => kept.retiredAt === undefined && kept.set.measurement === measurement);
      // The manager measures by itself: two programs of different versions could disagree.
      if (added === undefined) return output.refuse(failure("measure.boot-set", "the manager measured something else"));
      output.answer(added, () => bootSetText(added));
      return 0;
    }),
  );
}

function listCommand(): Command {
  return makeManagerCommand("list", "list the boot sets of a VM, newest first", ["vm boot list db-1", "vm boot list db-1 --json"])
    .argument("<vm>", "its name or id")
    .action((name: string, options: ManagerOptions) =>
      about(name, options, async (_api, output, vm) => {
        output.answer(vm.bootSets, () => bootSetsText(vm));
        return 0;
      }),
    );
}

function approveCommand(): Command {
  return withDecision(
    makeManagerCommand("approve", "let launches with a boot set pass from now on, beside those that pass already", [
      'vm boot approve db-1 "6.12.9" --reason "tested on db-2"',
      'vm boot approve db-1 "6.12.9" --reason "tested on db-2" --yes --json',
    ]),
  ).action((name: string, which: string, options: DecideOptions) =>
    about(name, options, (api, output, vm) =>
      decide(output, vm, which, async ({ id, label }) => {
        const { summary, before } = await api.boot.preview({ vm: vm.id, id });
        for (const sentence of summary) output.note(sentence);
        const asked = options.yes === true ? true : await confirmVm(output, vm.name, `approve “${printable(label)}” ahead`);
        if (asked !== true) return asked;
        const changed = await api.boot.approve({ vm: vm.id, id, before, reason: options.reason });
        return answer(output, changed, id, `launches of ${changed.name} with it pass`);
      }),
    ),
  );
}

function retireCommand(): Command {
  return withDecision(
    makeManagerCommand("retire", "let no launch with a boot set pass any more", [
      'vm boot retire db-1 "6.12.8" --reason "every host has 6.12.9"',
      'vm boot retire db-1 "6.12.8" --reason "every host has 6.12.9" --yes --json',
    ]),
  ).action((name: string, which: string, options: DecideOptions) =>
    about(name, options, (api, output, vm) =>
      decide(output, vm, which, async ({ id, label }) => {
        output.note(`A host that still starts ${vm.name} with “${label}” gets no key for it any more.`);
        const asked = options.yes === true ? true : await confirmVm(output, vm.name, `retire “${printable(label)}”`);
        if (asked !== true) return asked;
        const changed = await api.boot.retire({ vm: vm.id, id, reason: options.reason });
        return answer(output, changed, id, `launches of ${changed.name} with it are refused`);
      }),
    ),
  );
}

function removeCommand(): Command {
  return makeManagerCommand("remove", "drop a candidate that was never approved", ['vm boot remove db-1 "6.12.9-rc1"'])
    .argument("<vm>", "its name or id")
    .argument("<set>", "its id or label")
    .action((name: string, which: string, options: ManagerOptions) =>
      about(name, options, (api, output, vm) =>
        decide(output, vm, which, async ({ id, label }) => {
          const changed = await api.boot.remove({ vm: vm.id, id });
          output.answer(changed.bootSets, () => printable(`${label} is no candidate any more.`));
          return 0;
        }),
      ),
    );
}

function withDecision(command: Command): Command {
  return command
    .argument("<vm>", "its name or id")
    .argument("<set>", "its id or label")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .option("--yes", "do not ask: what changes was looked at before");
}

function about(
  name: string,
  options: ManagerOptions,
  ask: (api: ManagerClient, output: Output, vm: VmDetail) => Promise<ExitCode>,
): Promise<void> {
  return askManager(options, async (api, output) => {
    const id = await findVm(api, name);
    return id.ok ? ask(api, output, await api.vms.get({ id: id.value })) : output.refuse(id.failure);
  });
}

async function decide(output: Output, vm: VmDetail, which: string, act: (kept: KeptBootSetView) => Promise<ExitCode>): Promise<ExitCode> {
  const found = findBootSet(vm, which);
  return found.ok ? act(found.value) : output.refuse(found.failure);
}

/** By its id or label. Of the retired ones several may have had the same label. */
function findBootSet({ bootSets }: VmDetail, which: string): Result<KeptBootSetView> {
  const inUse = bootSets.filter(({ retiredAt }) => retiredAt === undefined);
  const found = bootSets.find(({ id }) => id === which) ?? inUse.find(({ label }) => label === which);
  const retired = found ?? bootSets.find(({ label }) => label === which);
  return retired === undefined ? fail(failure("boot.unknown", which)) : ok(retired);
}

function answer(output: Output, { bootSets, policyVersion }: VmDetail, id: string, sentence: string): ExitCode {
  const kept = bootSets.find((one) => one.id === id);
  output.answer({ bootSet: kept, policyVersion }, () => printable(`Policy version ${policyVersion.number}: ${sentence}.`));
  return 0;
}
