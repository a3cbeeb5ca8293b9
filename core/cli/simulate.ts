// `portcullis simulate launch`: does everything work here? The running manager starts the real agent with a simulated processor and a scratch
// LUKS2 image; this command follows it. Exit 0 when the disk opened. With --approve it decides by itself, which only a simulated VM allows.
import type { Command } from "commander";
import type { SimulationView } from "../api/schemas.ts";
import { failure } from "../base/failure.ts";
import { askManager, findVm, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import { simulationText } from "./launch-text.ts";
import { type Output, printable } from "./output.ts";

interface SimulateOptions extends ManagerOptions {
  readonly vm?: string;
  readonly wait: boolean;
  readonly approve?: boolean;
}

export function simulateCommand(): Command {
  const command = makeGroup("simulate", "try it without SEV-SNP hardware", ["simulate launch --approve"]);
  command.addCommand(launchCommand());
  return command;
}

function launchCommand(): Command {
  return makeManagerCommand("launch", "launch a simulated VM against the running manager", [
    "simulate launch",
    "simulate launch --approve --json",
    "simulate launch --vm try-1 --no-wait",
  ])
    .option("--vm <name>", "a VM enrolled as simulated (name or id); without it, the built-in one")
    .option("--no-wait", "answer as soon as it has started")
    .option("--approve", "approve the launch when it waits for a person")
    .action((options: SimulateOptions) =>
      askManager(options, async (api, output) => {
        if (options.approve === true && !options.wait) return output.refuse(failure("cli.usage", "--approve has to wait"));
        const vm = options.vm === undefined ? undefined : await findVm(api, options.vm);
        if (vm?.ok === false) return output.refuse(vm.failure);
        const started = await api.simulations.launch(vm === undefined ? {} : { vm: vm.value });
        if (!options.wait) {
          output.answer(started, () => simulationText(started));
          return 0;
        }
        const ended = await follow(api, output, started, options.approve === true);
        output.answer(ended, () => simulationText(ended));
        if (ended.launch === undefined) return 1;
        return (await api.launches.get({ id: ended.launch })).state === "opened" ? 0 : 1;
      }),
    );
}

async function follow(api: ManagerClient, output: Output, started: SimulationView, approve: boolean): Promise<SimulationView> {
  let shown = { lines: 0, progress: "", waiting: "" };
  let view = started;
  for await (const change of await api.status.watch({})) {
    if (change.kind === "vm") continue;
    view = await api.simulations.get({ id: started.id });
    if (view.progress !== shown.progress) output.progress(view.progress);
    for (const line of view.lines.slice(shown.lines)) output.progress(`  agent: ${line}`);
    shown = { ...shown, lines: view.lines.length, progress: view.progress };
    if (view.phase === "ended") return view;
    if (view.launch === undefined || view.launch === shown.waiting) continue;
    const launch = await api.launches.get({ id: view.launch });
    if (launch.state !== "pending" || launch.evidence === undefined) continue;
    shown = { ...shown, waiting: view.launch };
    if (approve)
      await api.launches.decide({ launch: launch.id, evidence: launch.evidence, verdict: "approve", reason: "simulate launch --approve" });
    else output.progress(printable(`Waits for a decision: portcullis launches approve ${launch.id} --reason …`));
  }
  return view;
}
