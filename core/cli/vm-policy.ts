// `portcullis vm policy|set-policy|forget-approvals|history`: what does this VM demand, what did persons approve of it, and where did it run? A policy that is
// changed here is shown as a difference in words first, and confirmed at a terminal or with --yes.
import type { Command } from "commander";
import type { PolicyDraft } from "../api/policy-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { policyFromText } from "../appraise/policy-text.ts";
import { policyYaml } from "../appraise/policy-yaml.ts";
import { failure } from "../base/failure.ts";
import { ok, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import { confirmVm } from "./confirm-vm.ts";
import { askManager, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { readPolicyFile, maximumPolicy } from "./policy-file.ts";
import { readFile } from "./report-run.ts";

interface PolicyOptions extends ManagerOptions {
  readonly number?: string;
  readonly versions?: boolean;
  readonly yaml?: boolean;
}

interface SetOptions extends ManagerOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

export function policyOfVmCommand(): Command {
  return makeManagerCommand("policy", "print the policy of a VM", [
    "vm policy db-1 --yaml > db-1.yaml",
    "vm policy db-1 --versions",
    "vm policy db-1 --number 2",
  ])
    .argument("<vm>", "its name or id")
    .option("--number <version>", "an earlier version of it")
    .option("--versions", "list the versions with their reasons instead")
    .option("--yaml", "as YAML, with a comment on each field")
    .action((name: string, options: PolicyOptions) => askAbout(name, options, (api, output, id) => showPolicy(api, output, id, options)));
}

export function setPolicyCommand(): Command {
  return makeManagerCommand("set-policy", "give a VM another policy; the one before it is kept", [
    'vm set-policy db-1 db-1.yaml --reason "kernel 6.12.9"',
    'vm set-policy db-1 db-1.yaml --reason "kernel 6.12.9" --yes --json',
  ])
    .argument("<vm>", "its name or id")
    .argument("<file>", "the policy, JSON or YAML")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .option("--yes", "do not ask: what changes was looked at before")
    .action((name: string, file: string, options: SetOptions) =>
      askAbout(name, options, (api, output, id) => setPolicy(api, output, id, file, options)),
    );
}

export function forgetApprovalsCommand(): Command {
  return makeManagerCommand("forget-approvals", "let the next launch be a first one again: a person approves it", [
    "vm forget-approvals db-1",
  ])
    .argument("<vm>", "its name or id")
    .action((name: string, options: ManagerOptions) =>
      askAbout(name, options, async (api, output, id) => {
        const vm = await api.vms.forgetApprovals({ id });
        output.answer(vm, () => `${printable(vm.name)}: nothing is approved in advance any more.`);
        return 0;
      }),
    );
}

export function historyCommand(): Command {
  return makeManagerCommand("history", "print the chips and instances that were given the keys of a VM, newest first", [
    "vm history db-1",
    "vm history db-1 --json > history.json",
  ])
    .argument("<vm>", "its name or id")
    .action((name: string, options: ManagerOptions) =>
      askAbout(name, options, async (api, output, id) => {
        const { history } = await api.vms.get({ id });
        output.answer(history, () => historyText(history));
        return 0;
      }),
    );
}

function askAbout(
  name: string,
  options: ManagerOptions,
  ask: (api: ManagerClient, output: Output, id: string) => Promise<ExitCode>,
): Promise<void> {
  return askManager(options, async (api, output) => {
    const id = await findVm(api, name);
    return id.ok ? ask(api, output, id.value) : output.refuse(id.failure);
  });
}

async function showPolicy(api: ManagerClient, output: Output, id: string, { number, versions, yaml }: PolicyOptions): Promise<ExitCode> {
  if (versions === true) {
    const all = await api.vms.policyVersions({ id });
    output.answer(all, () => all.map((one) => printable(`${one.number}  ${one.since}  ${one.digest}  ${one.reason}`)).join("\n"));
    return 0;
  }
  const wanted = Number(number);
  if (number !== undefined && !(Number.isInteger(wanted) && wanted >= 1))
    return output.refuse(failure("cli.usage", "--number is 1 or more"));
  const { policy } = number === undefined ? await api.vms.get({ id }) : await api.vms.policyOf({ id, number: wanted });
  const read = policyFromText(policy);
  if (!read.ok) return output.refuse(read.failure);
  output.answer(read.value, () => (yaml === true ? policyYaml(read.value) : JSON.stringify(read.value, undefined, 2)));
  return 0;
}

async function setPolicy(api: ManagerClient, output: Output, id: string, file: string, { reason, yes }: SetOptions): Promise<ExitCode> {
  const text = policyTextOf(file);
  if (!text.ok) return output.refuse(text.failure);
  return changePolicy(api, output, await api.vms.get({ id }), text.value, { reason, yes });
}

/** What changes first, as the manager says it, then a yes, then the change. */
export async function changePolicy(
  api: ManagerClient,
  output: Output,
  vm: VmDetail,
  text: string,
  { reason, yes }: { readonly reason: string; readonly yes?: boolean | undefined },
): Promise<ExitCode> {
  // Asked of the manager, so that what is shown is what it will do.
  const draft = await api.policies.check({ text, vm: vm.id });
  if (!draft.ok) return output.refuse(failure("appraise.policy-malformed", draft.faults.slice(0, 5).join("; ")));
  for (const line of changeLines(draft)) output.note(line);
  if (yes !== true) {
    const asked = await confirmVm(output, vm.name, "change its policy");
    if (asked !== true) return asked;
  }
  const changed = await api.vms.setPolicy({ vm: vm.id, text, before: vm.policyVersion.digest, reason });
  output.answer(changed, () => printable(`${changed.name} has version ${changed.policyVersion.number} of its policy.`));
  return 0;
}

/** Read whole here, so that what is wrong with it is said before the manager is asked. */
function policyTextOf(file: string): Result<string> {
  const policy = readPolicyFile(file);
  if (!policy.ok) return policy;
  const bytes = readFile(file, maximumPolicy);
  return bytes.ok ? ok(fromUtf8(bytes.value) ?? "") : bytes;
}

function changeLines({ changes }: PolicyDraft): readonly string[] {
  const order = ["looser", "stricter", "changed"] as const;
  if (changes.length === 0) return ["Nothing that is judged changes."];
  return order.flatMap((direction) =>
    changes
      .filter((change) => change.direction === direction)
      .map(({ title, sentence }) => `${direction === "looser" ? "LOOSER" : direction}: ${title}. ${sentence}`),
  );
}

function historyText({ chips, instances }: VmDetail["history"]): string {
  if (instances.length === 0) return "This VM was never given its keys.";
  return [
    "Chips",
    ...chips.map(
      ({ chipId, firstAt, lastAt, reportedTcb }) => `  ${chipId}\n    from ${firstAt} to ${lastAt}, reported TCB ${reportedTcb}`,
    ),
    "Instances",
    ...instances.map(({ at, launch, reportId }) => `  ${at}  launch ${launch}  report id ${reportId}`),
  ].join("\n");
}
