// `portcullis host check`: is a host's own configuration safe, complete, and as the VM's kit says? Alone, or with --vm by the running manager.
// Exit 0 where nothing is unsafe, missing or different, 1 otherwise, 2 where it cannot be read.
import type { Command } from "commander";
import type { HostCheckView } from "../api/kit-schemas.ts";
import { failure } from "../base/failure.ts";
import { checkHost, maximumHostText } from "../kit/check/check-host.ts";
import { isClean } from "../kit/check/finding.ts";
import { hosts, type Host } from "../kit/launch-kit.ts";
import { askManager, findVm, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { checkText } from "./kit-text.ts";
import { createOutput, type ExitCode, type Output } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readText } from "./text-input.ts";
import { chooseBootSet } from "./vm-kit.ts";

interface CheckOptions extends ManagerOptions {
  readonly as?: string;
  readonly vm?: string;
  readonly boot?: string;
}

export function hostCommand(): Command {
  const command = makeGroup("host", "look into the configurations of hosts", [
    "host check start-db-1.sh",
    "virsh dumpxml db-1 | portcullis host check -",
  ]);
  command.addCommand(checkCommand());
  return command;
}

function checkCommand(): Command {
  return makeManagerCommand(
    "check",
    "what is unsafe, missing or different in a QEMU command line, a libvirt domain or a Proxmox VE configuration?",
    [
      "host check start-db-1.sh",
      "host check /etc/pve/qemu-server/101.conf --vm db-1",
      'host check db-1.xml --vm db-1 --boot "6.12.9" --json',
      "host check - < /proc/4711/cmdline",
    ],
  )
    .argument("<file>", "the file, or - for stdin")
    .option("--as <host>", `what it is, where it is not seen by itself: ${hosts.join(", ")}`)
    .option("--vm <name>", "compare it with the kit of this VM; asks the running manager")
    .option("--boot <set>", "id or label of the boot set (default: the newest approved one, or else the newest)")
    .action(async (file: string, options: CheckOptions) => {
      const output = createOutput(options.json === true);
      const text = await readText(file, maximumBytes);
      if (!text.ok) return void (process.exitCode = refuseInput(output, text.failure));
      const host = hosts.find((one): one is Host => one === options.as);
      if (options.as !== undefined && host === undefined)
        return void (process.exitCode = refuseInput(output, failure("cli.usage", `--as is one of ${hosts.join(", ")}`)));
      if (options.vm === undefined) return void (process.exitCode = checkAlone(text.value, host, options, output));
      return askManager(options, (api, managed) =>
        checkWith(api, managed, { text: text.value, host, name: options.vm ?? "", boot: options.boot }),
      );
    });
}

function checkAlone(text: string, host: Host | undefined, { boot }: CheckOptions, output: Output): ExitCode {
  if (boot !== undefined) return refuseInput(output, failure("cli.usage", "--boot belongs to --vm"));
  const check = checkHost(text, undefined, host);
  return check.ok ? answer({ host: check.value.host, findings: [...check.value.findings] }, output) : refuseInput(output, check.failure);
}

interface Question {
  readonly text: string;
  readonly host: Host | undefined;
  readonly name: string;
  readonly boot: string | undefined;
}

async function checkWith(api: Parameters<typeof findVm>[0], output: Output, { text, host, name, boot }: Question): Promise<ExitCode> {
  const id = await findVm(api, name);
  if (!id.ok) return output.refuse(id.failure);
  const kept = chooseBootSet(await api.vms.get({ id: id.value }), boot);
  if (!kept.ok) return output.refuse(kept.failure);
  // Read here first: what cannot be read is exit 2, as without a manager.
  const readable = checkHost(text, undefined, host);
  if (!readable.ok) return refuseInput(output, readable.failure);
  const question = { text, vm: id.value, bootSet: kept.value.id };
  return answer(await api.kit.check(host === undefined ? question : { ...question, host }), output);
}

function answer(check: HostCheckView, output: Output): ExitCode {
  output.answer(check, () => checkText(check));
  return isClean(check.findings) ? 0 : 1;
}

/** A character may take four. */
const maximumBytes = 4 * maximumHostText;
