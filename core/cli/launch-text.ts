// How is a launch shown on a terminal? The same groups, fields and checks as in the console. Everything that came from a VM is made printable.
import type { LaunchDetail, LaunchSummary, SimulationView, VmDetail, VmSummary } from "../api/schemas.ts";
import { printable } from "./output.ts";

export function launchLine(launch: LaunchSummary): string {
  const marks = [launch.state, ...(launch.simulated ? ["SIMULATED"] : []), ...(launch.failure === undefined ? [] : [launch.failure.code])];
  return printable(`${launch.id}  ${launch.startedAt}  ${launch.vmName ?? "unknown VM"}  ${marks.join("  ")}`);
}

export function launchText(launch: LaunchDetail): string {
  const lines = [launchLine(launch), `from ${launch.peer}, agent ${launch.agent}`];
  if (launch.failure !== undefined) lines.push(launch.failure.sentence);
  if (launch.alert !== undefined) lines.push(`Alert: ${launch.alert}`);
  if (launch.waitUntil !== undefined) lines.push(`Waits for a decision until ${launch.waitUntil}.`);
  for (const group of groups) {
    const fields = launch.fields.filter((field) => field.group === group);
    const checks = launch.checks.filter((check) => check.group === group);
    if (fields.length + checks.length === 0) continue;
    lines.push("", group);
    for (const { name, value } of fields) lines.push(`  ${name}: ${value}`);
    for (const { verdict, title, sentence } of checks) lines.push(`  [${verdict}] ${title}: ${sentence}`);
  }
  if (launch.evidence !== undefined) lines.push("", `evidence ${launch.evidence}`);
  if (launch.decision !== undefined) {
    const { verdict, by, at, reason, entry } = launch.decision;
    lines.push(`decided: ${verdict} by ${by} at ${at}, audit entry ${entry}${reason === undefined ? "" : ` (${reason})`}`);
  }
  for (const { disk, opened, code } of launch.outcome ?? [])
    lines.push(`disk ${disk}: ${opened ? "opened" : `not opened (${code ?? "no code"})`}`);
  return lines.map(printable).join("\n");
}

export function vmLine(vm: VmSummary): string {
  const marks = [vm.enabled ? "enabled" : "disabled", ...(vm.simulated ? ["SIMULATED"] : [])];
  const last = vm.lastLaunch === undefined ? "never launched" : `last launch ${vm.lastLaunch.state}`;
  return printable(`${vm.id}  ${vm.name}  ${marks.join("  ")}  ${last}`);
}

export function vmText(vm: VmDetail): string {
  const lines = [vmLine(vm)];
  for (const disk of vm.disks) lines.push(`disk ${disk.id}: ${disk.device} as ${disk.name}`);
  for (const { digest, hostDataBase64, text, retiredAt } of vm.configurations) {
    lines.push("", retiredAt === undefined ? "configuration" : `configuration, retired ${retiredAt}`, text);
    lines.push(`HOST_DATA ${digest}`, `HOST_DATA in base64 (QEMU host-data=) ${hostDataBase64}`);
  }
  return lines.map(printable).join("\n");
}

export function simulationText({ phase, progress, launch, exitCode, failure }: SimulationView): string {
  const parts = [phase === "ended" ? `Ended: ${progress}` : progress];
  if (launch !== undefined) parts.push(`launch ${launch}`);
  if (exitCode !== undefined) parts.push(`agent exit code ${exitCode}`);
  if (failure !== undefined) parts.push(failure.sentence);
  return printable(parts.join(" · "));
}

const groups = ["identity", "measurement", "configuration", "guest-policy", "tcb", "platform", "certificates", "binding"] as const;
