// `portcullis reference`: launch measurements from one owner to another, as a signed file. The key that must have signed is always the one that is named here.
import type { Command } from "commander";
import { policyFromText } from "../appraise/policy-text.ts";
import { verifyReferences, withReferences } from "../appraise/reference-values/references.ts";
import { canonicalJson } from "../base/json.ts";
import { utf8 } from "../base/utf8.ts";
import { systemClock } from "../node/clock.ts";
import { writeAtomically } from "../node/files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import { askManager, findVm, makeCommand, makeGroup, makeManagerCommand, type ManagerOptions, offlineOutput } from "./command.ts";
import { confirmVm } from "./confirm-vm.ts";
import type { ManagerClient } from "./control-client.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { keyFrom, referencesFrom, type ShowOptions } from "./reference-run.ts";
import { changeLines } from "./vm-policy.ts";

interface ExportOptions extends ManagerOptions {
  readonly key: string;
  readonly out: string;
}

interface AddOptions extends ManagerOptions {
  readonly signedBy: string;
  readonly reason: string;
  readonly yes?: boolean;
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
    .action((vm: string, file: string, options: AddOptions) => askManager(options, (api, output) => add(api, output, vm, file, options)));
}

async function add(
  api: ManagerClient,
  output: Output,
  name: string,
  file: string,
  { signedBy, reason, yes }: AddOptions,
): Promise<ExitCode> {
  const key = keyFrom(signedBy);
  if (!key.ok) return output.refuse(key.failure);
  const read = referencesFrom(file);
  if (!read.ok) return output.refuse(read.failure);
  const verified = verifyReferences(read.value, key.value, systemClock.now(), nodePrimitives);
  if (!verified.ok) return output.refuse(verified.failure);
  for (const line of verified.value.notTaken) output.note(`Not taken: ${line}.`);
  const id = await findVm(api, name);
  if (!id.ok) return output.refuse(id.failure);
  const vm = await api.vms.get({ id: id.value });
  const policy = policyFromText(vm.policy);
  if (!policy.ok) return output.refuse(policy.failure);
  const wider = withReferences(policy.value, verified.value);
  if (!wider.ok) return output.refuse(wider.failure);
  const text = canonicalJson(wider.value);
  // Asked of the manager, so that what is shown is what it will do.
  for (const line of changeLines(await api.policies.check({ text, vm: vm.id }))) output.note(line);
  if (yes !== true) {
    const asked = await confirmVm(output, vm.name, "change its policy");
    if (asked !== true) return asked;
  }
  const changed = await api.vms.setPolicy({ vm: vm.id, text, before: vm.policyVersion.digest, reason });
  output.answer(changed, () => printable(`${changed.name} has version ${changed.policyVersion.number} of its policy.`));
  return 0;
}
