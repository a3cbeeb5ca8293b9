// `portcullis vm`: which VMs may ask for keys? Enrolling one makes its configuration, its disk keys and the HOST_DATA to launch it with.
// Key files are read by the manager, which runs as the same user; their bytes never pass through this command.
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { presetNames, presets } from "../appraise/presets.ts";
import { failure } from "../base/failure.ts";
import { canonicalJson } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { askManager, collect, findVm, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { each, parseDisk, parseEndpointOption, splitOnce } from "./disk-option.ts";
import { vmLine, vmText } from "./launch-text.ts";
import { readPolicyFile } from "./policy-file.ts";
import { bootCommand } from "./vm-boot.ts";
import { kitCommand } from "./vm-kit.ts";
import { planCommand } from "./vm-plan.ts";
import { configurationCommand } from "./vm-configuration.ts";
import { reconfigureCommand, retireConfigurationCommand } from "./vm-reconfigure.ts";
import { forgetApprovalsCommand, historyCommand, policyOfVmCommand, setPolicyCommand } from "./vm-policy.ts";

interface AddOptions extends ManagerOptions {
  readonly name: string;
  readonly simulated?: boolean;
  readonly disk?: readonly string[];
  readonly endpoint?: readonly string[];
  readonly measurement?: readonly string[];
  readonly policy?: string;
  readonly preset?: string;
  readonly diskKeyFile?: readonly string[];
}

export function vmCommand(): Command {
  const command = makeGroup("vm", "enrol VMs and look at them", ["vm list", "vm show db-1"]);
  command.addCommand(addCommand());
  command.addCommand(listCommand());
  command.addCommand(showCommand());
  command.addCommand(policyOfVmCommand());
  command.addCommand(setPolicyCommand());
  command.addCommand(forgetApprovalsCommand());
  command.addCommand(historyCommand());
  command.addCommand(bootCommand());
  command.addCommand(planCommand());
  command.addCommand(kitCommand());
  command.addCommand(configurationCommand());
  command.addCommand(reconfigureCommand());
  command.addCommand(retireConfigurationCommand());
  return command;
}

function addCommand(): Command {
  return makeManagerCommand("add", "enrol a VM", [
    "vm add --name db-1 --disk id=root,device=/dev/vda2,name=root --endpoint 192.0.2.10:7443",
    "vm add --name db-2 --disk id=root,device=/dev/vda2,name=root --measurement HEX --disk-key-file root=db-2.key",
    "vm add --name try-1 --simulated",
  ])
    .requiredOption("--name <name>", "what you call it")
    .option("--simulated", "accept simulated evidence for it, and no other; everything it does is marked SIMULATED")
    .option(
      "--disk <fields>",
      "id=…,device=…,name=…[,uuid=…]: a disk that it may open; may be repeated (a simulated VM has one without it)",
      collect,
    )
    .option("--endpoint <host:port>", "where its agent dials; may be repeated, tried in order (default: the manager's own)", collect)
    .option("--measurement <hex>", "a launch digest that it may have (48 bytes); may be repeated", collect)
    .option("--policy <file>", "a whole appraisal policy, JSON or YAML, instead of a preset")
    .option("--preset <name>", `the preset that it starts from: ${presetNames.join(", ")} (default: standard, or simulated)`)
    .option("--disk-key-file <disk=file>", "the key that a disk already has, instead of a fresh one; may be repeated", collect)
    .action((options: AddOptions) =>
      askManager(options, async (api, output) => {
        const disks = each(options.disk ?? [], parseDisk);
        if (!disks.ok) return output.refuse(disks.failure);
        const endpoints = each(options.endpoint ?? [], parseEndpointOption);
        if (!endpoints.ok) return output.refuse(endpoints.failure);
        if (options.simulated !== true && disks.value.length === 0)
          return output.refuse(failure("cli.usage", "give each disk of the VM with --disk; only a simulated VM has one without it"));
        const keyFiles = each(options.diskKeyFile ?? [], parseKeyFile);
        if (!keyFiles.ok) return output.refuse(keyFiles.failure);
        const policy = policyOf(options);
        if (!policy.ok) return output.refuse(policy.failure);
        const { listener, simulation } = await api.status.get({});
        const own = listener.endpoint;
        if (options.simulated === true && options.disk === undefined && simulation.diskFolder !== undefined)
          disks.value.push({ id: "root", device: join(simulation.diskFolder, `${randomUUID()}.img`), name: "root" });
        const enrolment = {
          name: options.name,
          simulated: options.simulated === true,
          disks: disks.value,
          endpoints: [...(options.endpoint ?? (own === undefined ? [] : [own]))],
          measurements: policy.value === undefined ? (options.measurement ?? []).map((hex) => hex.toLowerCase()) : [],
          ...(policy.value === undefined ? {} : { policy: policy.value }),
        };
        const vm = await api.vms.addWithKeys({ enrolment, keyFiles: keyFiles.value });
        output.answer(vm, () => vmText(vm));
        return 0;
      }),
    );
}

function listCommand(): Command {
  return makeManagerCommand("list", "list the enrolled VMs", ["vm list", "vm list --json"]).action((options: ManagerOptions) =>
    askManager(options, async (api, output) => {
      const vms = await api.vms.list({});
      output.answer(vms, () => (vms.length === 0 ? "No VM is enrolled yet." : vms.map(vmLine).join("\n")));
      return 0;
    }),
  );
}

function showCommand(): Command {
  return makeManagerCommand("show", "show a VM with its configuration and HOST_DATA", ["vm show db-1", "vm show db-1 --json"])
    .argument("<vm>", "its name or id")
    .action((name: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const id = await findVm(api, name);
        if (!id.ok) return output.refuse(id.failure);
        const vm = await api.vms.get({ id: id.value });
        output.answer(vm, () => vmText(vm));
        return 0;
      }),
    );
}

function parseKeyFile(text: string): Result<{ disk: string; path: string }> {
  const [disk, path] = splitOnce(text);
  if (disk === "" || path === undefined || path === "") return fail(failure("cli.usage", `--disk-key-file is DISK=FILE, not ${text}`));
  return ok({ disk, path: resolve(path) });
}

/** Canonical JSON, or nothing where the manager's own default will do. */
function policyOf({ policy, preset, measurement = [] }: AddOptions): Result<string | undefined> {
  if (policy !== undefined) {
    if (preset !== undefined || measurement.length > 0)
      return fail(failure("cli.usage", "--policy says it all: leave --preset and --measurement out"));
    const read = readPolicyFile(policy);
    return read.ok ? ok(canonicalJson(read.value)) : read;
  }
  if (preset === undefined) return ok(undefined);
  const name = presetNames.find((one) => one === preset);
  if (name === undefined) return fail(failure("cli.usage", `--preset is one of ${presetNames.join(", ")}`));
  const measurements = measurement.map((hex) => ({ digest: hex.toLowerCase(), label: "named at the enrolment" }));
  return ok(canonicalJson(presets[name].policy({ measurements })));
}
