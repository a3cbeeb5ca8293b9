// `portcullis reference`: launch measurements from one owner to another, as a signed file. The key that must have signed is always the one
// that is named here.
import type { Command } from "commander";
import { utf8 } from "../base/utf8.ts";
import { writeAtomically } from "../node/files.ts";
import { askManager, findVm, makeCommand, makeGroup, makeManagerCommand, type ManagerOptions, offlineOutput } from "./command.ts";
import { printable } from "./output.ts";
import type { AddOptions } from "./reference-add.ts";
import type { ShowOptions } from "./reference-run.ts";

interface ExportOptions extends ManagerOptions {
  readonly key: string;
  readonly out: string;
}

export function referenceCommand(): Command {
  const command = makeGroup("reference", "signed launch measurements, to give to others and to take from them", [
    "reference export db-1 --key releases --out db-1.dsse.json",
    "reference show db-1.dsse.json --signed-by releases.pub.pem",
    'reference add db-2 db-1.dsse.json --signed-by releases.pub.pem --reason "release 12"',
  ]);
  command.addCommand(exportCommand());
  command.addCommand(showCommand());
  command.addCommand(addCommand());
  return command;
}

function exportCommand(): Command {
  return makeManagerCommand("export", "sign the launches of a VM that are approved: DSSE over an in-toto Statement", [
    "reference export db-1 --key releases --out db-1.dsse.json",
  ])
    .argument("<vm>", "its name or id")
    .requiredOption("--key <name>", "a key of purpose reference")
    .requiredOption("--out <file>", "where to write it")
    .action((vm: string, { key, out, ...options }: ExportOptions) =>
      askManager(options, async (api, output) => {
        const id = await findVm(api, vm);
        if (!id.ok) return output.refuse(id.failure);
        const signed = await api.idKeys.signReferences({ vm: id.value, key });
        const written = writeAtomically(out, utf8(signed.envelope), { replace: true });
        if (!written.ok) return output.refuse(written.failure);
        const { envelope: _, ...says } = signed;
        output.answer({ ...says, file: out }, () =>
          printable(`${signed.values.length} launches, signed with key ${signed.keyId}, written to ${out}.`),
        );
        return 0;
      }),
    );
}

function showCommand(): Command {
  return makeCommand("show", "what does this file vouch for, and did the named key sign it? Exit 1 where not", [
    "reference show db-1.dsse.json --signed-by releases.pub.pem",
    "reference show vendor.corim --signed-by vendor.pub.pem --json",
  ])
    .argument("<file>", "DSSE, or CoRIM")
    .requiredOption("--signed-by <file>", "the public key, P-384 in PEM, that must have signed it")
    .action(async (file: string, options: ShowOptions) => {
      const { show } = await import("./reference-run.ts");
      process.exitCode = show(file, options, offlineOutput(options));
    });
}

function addCommand(): Command {
  return makeManagerCommand("add", "accept these launch measurements for a VM: a change of its policy, shown first", [
    'reference add db-2 db-1.dsse.json --signed-by releases.pub.pem --reason "release 12"',
    'reference add db-2 vendor.corim --signed-by vendor.pub.pem --reason "firmware 2026.11" --yes --json',
  ])
    .argument("<vm>", "its name or id")
    .argument("<file>", "DSSE, or signed CoRIM")
    .requiredOption("--signed-by <file>", "the public key, P-384 in PEM, that must have signed it")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .option("--yes", "do not ask: what changes was looked at before")
    .action(async (vm: string, file: string, options: AddOptions) => {
      const { add } = await import("./reference-add.ts");
      await askManager(options, (api, output) => add(api, output, vm, file, options));
    });
}
