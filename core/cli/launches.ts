// `portcullis launches`: which launches were there, what did their evidence say, and may the key go?
// A decision names the digest of the evidence that the person saw; without a terminal they have to write it themselves.
import type { Command } from "commander";
import { launchState, type LaunchDetail } from "../api/schemas.ts";
import { failure } from "../base/failure.ts";
import { askManager, collect, findVm, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { askAtTerminal, noTerminal } from "./at-terminal.ts";
import type { ManagerClient } from "./control-client.ts";
import { compareLaunchesCommand } from "./compare.ts";
import { explainLaunchCommand } from "./explain.ts";
import { launchLine, launchText } from "./launch-text.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

interface ListOptions extends ManagerOptions {
  readonly vm?: string;
  readonly state?: readonly string[];
  readonly limit: string;
}

interface DecideOptions extends ManagerOptions {
  readonly evidence?: string;
  readonly reason: string;
}

export function launchesCommand(): Command {
  const command = makeGroup("launches", "look at launches and decide about them", ["launches list --state pending", "launches show ID"]);
  command.addCommand(listCommand());
  command.addCommand(showCommand());
  command.addCommand(explainLaunchCommand());
  command.addCommand(compareLaunchesCommand());
  command.addCommand(decideCommand("approve", "release the disk keys of a pending launch"));
  command.addCommand(decideCommand("deny", "refuse a pending launch"));
  return command;
}

function listCommand(): Command {
  return makeManagerCommand("list", "list launches, newest first", ["launches list", "launches list --vm db-1 --state pending --json"])
    .option("--vm <name>", "only launches of this VM (name or id)")
    .option("--state <state>", `only launches in this state; may be repeated (${launchState.options.join(", ")})`, collect)
    .option("--limit <count>", "at most so many", "50")
    .action((options: ListOptions) =>
      askManager(options, async (api, output) => {
        const vm = options.vm === undefined ? undefined : await findVm(api, options.vm);
        if (vm?.ok === false) return output.refuse(vm.failure);
        const states = launchState.array().safeParse(options.state ?? []);
        if (!states.success) return output.refuse(failure("cli.usage", `--state is one of ${launchState.options.join(", ")}`));
        const launches = await api.launches.list({
          limit: Number(options.limit),
          ...(vm === undefined ? {} : { vm: vm.value }),
          ...(states.data.length === 0 ? {} : { states: states.data }),
        });
        output.answer(launches, () => (launches.length === 0 ? "No launches." : launches.map((launch) => launchLine(launch)).join("\n")));
        return 0;
      }),
    );
}

function showCommand(): Command {
  return makeManagerCommand("show", "show one launch with its decoded fields and checks", ["launches show ID --json"])
    .argument("<launch>", "its id")
    .action((id: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const launch = await api.launches.get({ id });
        output.answer(launch, () => launchText(launch));
        return 0;
      }),
    );
}

function decideCommand(verdict: "approve" | "deny", summary: string): Command {
  return makeManagerCommand(verdict, summary, [
    `launches ${verdict} ID --reason "planned restart"`,
    `launches ${verdict} ID --evidence DIGEST --reason "planned restart" --json`,
  ])
    .argument("<launch>", "its id")
    .option("--evidence <digest>", "the digest of the evidence that you looked at; without it, you are shown the evidence and asked")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .action((id: string, options: DecideOptions) =>
      askManager(options, async (api, output) => {
        const seen = options.evidence ?? (await askPerson(api, output, id, verdict));
        if (typeof seen !== "string") return seen;
        const launch = await api.launches.decide({ launch: id, evidence: seen.toLowerCase(), verdict, reason: options.reason });
        output.answer(launch, () => launchLine(launch));
        return 0;
      }),
    );
}

/** @returns the digest of the evidence that was shown and confirmed. */
async function askPerson(api: ManagerClient, output: Output, id: string, verdict: "approve" | "deny"): Promise<string | ExitCode> {
  const nobody = noTerminal(output, "--evidence DIGEST");
  if (nobody !== undefined) return output.refuse(nobody);
  const launch: LaunchDetail = await api.launches.get({ id });
  process.stdout.write(`${launchText(launch)}\n\n`);
  const name = launch.vmName ?? launch.vm;
  const typed = await askAtTerminal(`To ${verdict} this launch, type the name of the VM (${printable(name)}): `);
  if (typed !== name) return output.refuse(failure("cli.not-confirmed"));
  return launch.evidence ?? output.refuse(failure("api.no-such-launch", "it has no evidence yet"));
}
