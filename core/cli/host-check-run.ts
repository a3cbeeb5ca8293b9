// What `portcullis host check` answers: the findings of a host's text, alone or beside the VM's kit.
import type { HostCheckView } from "../api/kit-schemas.ts";
import { failure } from "../base/failure.ts";
import { checkHost, maximumHostText } from "../kit/check/check-host.ts";
import { isClean } from "../kit/check/finding.ts";
import { hosts, type Host } from "../kit/launch-kit.ts";
import { askManager, findVm, type ManagerOptions } from "./command.ts";
import { checkText } from "./kit-text.ts";
import { createOutput, type ExitCode, type Output } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readText } from "./text-input.ts";
import { chooseBootSet } from "./vm-kit.ts";

export interface CheckOptions extends ManagerOptions {
  readonly as?: string;
  readonly vm?: string;
  readonly boot?: string;
}

export async function check(file: string, options: CheckOptions): Promise<void> {
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
}

function checkAlone(text: string, host: Host | undefined, { boot }: CheckOptions, output: Output): ExitCode {
  if (boot !== undefined) return refuseInput(output, failure("cli.usage", "--boot belongs to --vm"));
  const read = checkHost(text, undefined, host);
  return read.ok ? answer({ host: read.value.host, findings: [...read.value.findings] }, output) : refuseInput(output, read.failure);
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

function answer(checked: HostCheckView, output: Output): ExitCode {
  output.answer(checked, () => checkText(checked));
  return isClean(checked.findings) ? 0 : 1;
}

/** A character may take four. */
const maximumBytes = 4 * maximumHostText;
