// `portcullis vm reconfigure` and `vm retire-configuration`: another agent configuration beside those that a VM has, and the end of one. What is issued is
// accepted at once and takes nothing away; what is retired locks out every host that still starts the VM with it, so it is asked about first.
import type { Command } from "commander";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { parseConfiguration, type RetryPlan } from "../launch/agent-configuration.ts";
import { askManager, collect, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { configurationText, configurationsText, lastLaunchSentence } from "./configuration-text.ts";
import { confirmVm } from "./confirm-vm.ts";
import type { ManagerClient } from "./control-client.ts";
import { each, parseDisk, parseEndpointOption } from "./disk-option.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

interface ReconfigureOptions extends ManagerOptions {
  readonly endpoint?: readonly string[];
  readonly disk?: readonly string[];
  readonly retry?: string;
  readonly reason: string;
}

interface RetireOptions extends ManagerOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

export function reconfigureCommand(): Command {
  return makeManagerCommand("reconfigure", "issue another agent configuration for a VM; those before it stay accepted", [
    'vm reconfigure db-1 --endpoint 192.0.2.20:7443 --reason "the manager moves"',
    'vm reconfigure db-1 --disk id=root,device=/dev/vda2,name=root --disk id=data,device=/dev/vdb,name=data --reason "a data disk"',
  ])
    .argument("<vm>", "its name or id")
    .option("--endpoint <host:port>", "where its agent dials; may be repeated, tried in order (default: as in the newest one)", collect)
    .option(
      "--disk <fields>",
      "id=…,device=…,name=…[,uuid=…]: all disks that it may open; may be repeated (default: as in the newest one)",
      collect,
    )
    .option("--retry <seconds>", "FIRST,MAXIMUM,GIVE-UP: how its agent tries again; GIVE-UP 0 means never (default: as in the newest one)")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .action((name: string, options: ReconfigureOptions) =>
      askManager(options, async (api, output) => {
        const id = await findVm(api, name);
        return id.ok ? reconfigure(api, output, id.value, options) : output.refuse(id.failure);
      }),
    );
}

export function retireConfigurationCommand(): Command {
  return makeManagerCommand("retire-configuration", "refuse a configuration from now on; it is never accepted again", [
    'vm retire-configuration db-1 HOST_DATA --reason "every host has the new one"',
    'vm retire-configuration db-1 HOST_DATA --reason "every host has the new one" --yes --json',
  ])
    .argument("<vm>", "its name or id")
    .argument("<digest>", "its HOST_DATA, hex, as vm configuration shows it")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .option("--yes", "do not ask: who launched with it last was looked at before")
    .action((name: string, digest: string, options: RetireOptions) =>
      askManager(options, async (api, output) => {
        const id = await findVm(api, name);
        return id.ok ? retire(api, output, id.value, digest.toLowerCase(), options) : output.refuse(id.failure);
      }),
    );
}

async function reconfigure(api: ManagerClient, output: Output, vm: string, options: ReconfigureOptions): Promise<ExitCode> {
  const { endpoint, disk, reason } = options;
  const newest = (await api.configurations.list({ vm })).find(({ current }) => current);
  const before = parseConfiguration(utf8(newest?.text ?? ""));
  if (!before.ok) return output.refuse(before.failure);
  const disks = disk === undefined ? ok(before.value.configuration.disks.map((one) => ({ ...one }))) : each(disk, parseDisk);
  if (!disks.ok) return output.refuse(disks.failure);
  const endpoints = each(endpoint ?? before.value.configuration.manager.endpoints, parseEndpointOption);
  if (!endpoints.ok) return output.refuse(endpoints.failure);
  const retry = options.retry === undefined ? ok(undefined) : parseRetry(options.retry);
  if (!retry.ok) return output.refuse(retry.failure);
  await api.configurations.issue({
    vm,
    endpoints: endpoints.value,
    disks: disks.value,
    ...(retry.value === undefined ? {} : { retry: retry.value }),
    reason,
  });
  const all = await api.configurations.list({ vm });
  const accepted = all.filter(({ retiredAt }) => retiredAt === undefined);
  const changed = accepted[0]?.digest !== newest?.digest;
  output.answer(all, () =>
    [
      changed ? "Issued. Start the VM with this one from now on:" : "That is the configuration to launch with already; nothing changed.",
      configurationsText(accepted.slice(0, 1)),
      ...(accepted.length > 1
        ? [
            `Those before it stay accepted (${accepted.length - 1}), each with its own disks, until you retire them: vm retire-configuration.`,
          ]
        : []),
    ].join("\n"),
  );
  return 0;
}

async function retire(api: ManagerClient, output: Output, vm: string, digest: string, { reason, yes }: RetireOptions): Promise<ExitCode> {
  const before = await api.configurations.list({ vm });
  const found = before.find((one) => one.digest === digest);
  if (found === undefined) return output.refuse(failure("configuration.unknown", digest));
  if (found.retiredAt === undefined && yes !== true) {
    for (const line of configurationText(found).split("\n")) output.note(line);
    output.note("A VM that is started with it gets no key from now on, and it is never accepted again.");
    if (isNewest(before, found.lastLaunch?.startedAt))
      output.note("NO OTHER CONFIGURATION WAS LAUNCHED SINCE: the VM's host seems to use this one still.");
    const { name } = await api.vms.get({ id: vm });
    const asked = await confirmVm(output, name, "retire this configuration");
    if (asked !== true) return asked;
  }
  await api.configurations.retire({ vm, digest, reason });
  const all = await api.configurations.list({ vm });
  output.answer(all, () => printable(`Retired: ${digest}. ${lastLaunchSentence(found)}`));
  return 0;
}

function isNewest(configurations: Awaited<ReturnType<ManagerClient["configurations"]["list"]>>, startedAt: string | undefined): boolean {
  const others = configurations.flatMap(({ lastLaunch }) => (lastLaunch === undefined ? [] : [lastLaunch.startedAt]));
  return startedAt !== undefined && others.every((other) => other <= startedAt);
}

function parseRetry(text: string): Result<RetryPlan> {
  const numbers = text.split(",").map((part) => (/^[0-9]{1,7}$/.test(part) ? Number(part) : undefined));
  const [firstDelaySeconds, maximumDelaySeconds, giveUpAfterSeconds] = numbers;
  if (numbers.length !== 3 || firstDelaySeconds === undefined || maximumDelaySeconds === undefined || giveUpAfterSeconds === undefined)
    return fail(failure("cli.usage", `--retry is FIRST,MAXIMUM,GIVE-UP in seconds, such as 5,120,0, not ${text}`));
  return ok({ firstDelaySeconds, maximumDelaySeconds, giveUpAfterSeconds });
}
