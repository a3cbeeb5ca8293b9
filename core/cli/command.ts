// What do all commands share? --json, --data, and one way to end: an exit code, a sentence for every refusal.
import { Command } from "commander";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { dataFolderOf } from "../node/service/data-folder.ts";
import { connectManager, type ManagerClient, refusalOf } from "./control-client.ts";
import { createOutput, type ExitCode, type Output } from "./output.ts";

export interface CommonOptions {
  readonly json?: boolean;
}

export interface ManagerOptions extends CommonOptions {
  readonly data?: string;
}

/** A command that only has others; it takes no option of its own, which would take theirs away. */
export function makeGroup(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name).description(summary).addHelpText("after", examplesText(examples));
}

/** A command with --json and examples in its --help. */
export function makeCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .option("--json", "answer with one JSON value on stdout")
    .addHelpText("after", examplesText(examples));
}

function examplesText(examples: readonly string[]): string {
  const lines = examples.map((example) => `  $ portcullis ${example}`).join("\n");
  return `\nExamples:\n${lines}\n\nExit codes: 0 yes, 1 no, 2 bad usage or unreadable input.`;
}

/** For commands that work alone: text is for a terminal, because programs read them more often than people, and a pipe is one. */
export function offlineOutput({ json }: CommonOptions): Output {
  return createOutput(json === true || !process.stdout.isTTY);
}

/** A command that asks a running manager. */
export function makeManagerCommand(name: string, summary: string, examples: readonly string[]): Command {
  return makeCommand(name, summary, examples).option("--data <folder>", "the manager's data folder");
}

/** Runs `ask` against the running manager; what it refuses is said, and becomes the exit code. */
export async function askManager(options: ManagerOptions, ask: (api: ManagerClient, output: Output) => Promise<ExitCode>): Promise<void> {
  const output = createOutput(options.json === true);
  const client = await connectManager(dataFolderOf(options.data));
  if (!client.ok) {
    process.exitCode = output.refuse(client.failure);
    return;
  }
  try {
    process.exitCode = await ask(client.value.api, output);
  } catch (thrown) {
    process.exitCode = output.refuse(refusalOf(thrown));
  } finally {
    client.value.close();
  }
}

/** @param name of a VM as the owner enrolled it, or its id. */
export async function findVm(api: ManagerClient, name: string): Promise<Result<string>> {
  const vms = await api.vms.list({});
  const found = vms.filter((vm) => vm.id === name || vm.name === name);
  const [first] = found;
  if (first === undefined) return fail(failure("api.no-such-vm", name));
  return found.length === 1 ? ok(first.id) : fail(failure("cli.usage", `${found.length} VMs are named ${name}: give the id`));
}

/** For an option that may be given more than once. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
