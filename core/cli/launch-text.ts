// How is a launch shown on a terminal? The same groups, fields and checks as in the console. Everything that came from a VM is made printable.
import { waitingSentence } from "../api/waiting.ts";
import type { LaunchDetail, LaunchSummary, SimulationView, VmDetail, VmSummary } from "../api/schemas.ts";
import { policyFromText } from "../appraise/policy-text.ts";
import { bootSetLine } from "./boot-text.ts";
import { planText } from "./kit-text.ts";
import { printable } from "./output.ts";

/** @param now milliseconds since 1970, for what is left of a wait. */
export function launchLine(launch: LaunchSummary, now: number = Date.now()): string {
  const marks = [
    launch.state,
    ...(launch.simulated ? ["SIMULATED"] : []),
    ...(launch.failure === undefined ? [] : [launch.failure.code]),
    ...(launch.waitingFor === undefined ? [] : [waitingSentence(launch.waitingFor, now)]),
  ];
  return printable(`${launch.id}  ${launch.startedAt}  ${launch.vmName ?? "unknown VM"}  ${marks.join("  ")}`);
}

export function launchText(launch: LaunchDetail, now: number = Date.now()): string {
  const lines = [launchLine(launch, now), `from ${launch.peer}, agent ${launch.agent}`];
  if (launch.failure !== undefined) lines.push(launch.failure.sentence);
  if (launch.alert !== undefined) lines.push(`Alert: ${launch.alert}`);
  for (const signal of launch.signals) lines.push(`NOTE: ${signal}`);
  lines.push(...becauseLines(launch.because));
  if (launch.waitUntil !== undefined) lines.push(`Waits for a decision until ${launch.waitUntil}.`);
  for (const group of groups) {
    const fields = launch.fields.filter((field) => field.group === group);
    const checks = launch.checks.filter((check) => check.group === group);
    if (fields.length + checks.length === 0) continue;
    lines.push("", group);
    for (const { name, value } of fields) lines.push(`  ${name}: ${value}`);
    for (const { verdict, title, sentence } of checks) lines.push(`  [${verdict}] ${title}: ${sentence}`);
    if (checks.some(({ code }) => code === "appraise.measurement"))
      lines.push(`  Which input differs: portcullis launches explain ${launch.id}`);
  }
  if (launch.evidence !== undefined) lines.push("", `evidence ${launch.evidence}`);
  if (launch.decision !== undefined) {
    const { verdict, by, at, reason, entry, pinnedBy, bootSet } = launch.decision;
    lines.push(`decided: ${verdict} by ${by} at ${at}, audit entry ${entry}${reason === undefined ? "" : ` (${reason})`}`);
    if (pinnedBy !== undefined) lines.push(`  it shows what a person approved in launch ${pinnedBy}`);
    if (bootSet !== undefined) lines.push(`  its measurement was approved ahead: boot set “${bootSet.label}” (${bootSet.id})`);
  }
  for (const { disk, opened, code } of launch.outcome ?? [])
    lines.push(`disk ${disk}: ${opened ? "opened" : `not opened (${code ?? "no code"})`}`);
  return lines.map(printable).join("\n");
}

function becauseLines(because: LaunchDetail["because"]): readonly string[] {
  if (because?.reason === "first-launch") return ["A person is asked: it is the first launch."];
  if (because?.reason === "outside-times") return ["A person is asked: it is outside the policy's times of release."];
  if (because?.reason !== "new") return [];
  return because.differences.map(({ title, approved, now }) => `NEW: ${title}. Approved: ${approved || "none"}. Now: ${now || "none"}.`);
}

export function vmLine(vm: VmSummary): string {
  const marks = [vm.enabled ? "enabled" : "disabled", ...(vm.simulated ? ["SIMULATED"] : [])];
  const last = vm.lastLaunch === undefined ? "never launched" : `last launch ${vm.lastLaunch.state}`;
  return printable(`${vm.id}  ${vm.name}  ${marks.join("  ")}  ${last}`);
}

export function vmText(vm: VmDetail): string {
  const lines = [vmLine(vm)];
  const { number, since, reason } = vm.policyVersion;
  lines.push(`policy version ${number} since ${since} (${reason})`, ...releaseLines(vm.policy));
  lines.push(...vm.pins.flatMap(pinLines));
  for (const { chipId, firstAt, lastAt, reportedTcb } of vm.history.chips)
    lines.push(`had its keys on chip ${chipId}`, `  from ${firstAt} to ${lastAt}, reported TCB ${reportedTcb}`);
  if (vm.failedOpens > 0) lines.push(`releases that did not open: ${vm.failedOpens}`);
  for (const { id, device, name, uuid } of vm.disks)
    lines.push(`disk ${id}: ${device} as ${name}${uuid === undefined ? "" : `, if its UUID is ${uuid}`}`);
  if (vm.hostPlan !== undefined) lines.push(...planText(vm).split("\n"));
  lines.push(...vm.bootSets.filter(({ retiredAt }) => retiredAt === undefined).map(bootSetLine));
  for (const { digest, hostDataBase64, text, retiredAt } of vm.configurations) {
    lines.push("", retiredAt === undefined ? "configuration" : `configuration, retired ${retiredAt}`, text);
    lines.push(`HOST_DATA ${digest}`, `HOST_DATA in base64 (QEMU host-data=) ${hostDataBase64}`);
  }
  return lines.map(printable).join("\n");
}

/** A manager of another version may hold a policy that this program cannot read: it says so, and shows the rest. */
function releaseLines(policy: string): readonly string[] {
  const read = policyFromText(policy);
  if (!read.ok) return ["release rule unknown: this program cannot read the policy"];
  const { release, releaseTimes } = read.value;
  return [`release rule ${release}${releaseTimes === "any" ? "" : ", and times of release (vm policy shows them)"}`];
}

function pinLines({ launch, at, signer, provider, ...identity }: VmDetail["pins"][number]): readonly string[] {
  // Zeros stand for no ID block; a measurement and a chip are said whatever they are.
  const named = pinFields.flatMap(([field, title], index) =>
    index > 1 && /^0+$/.test(identity[field]) ? [] : [`  ${title} ${identity[field]}`],
  );
  return [`approved in launch ${launch} at ${at}, signed by a ${signer}${provider === "" ? "" : ` of ${provider}`}`, ...named];
}

export function simulationText({ phase, progress, launch, exitCode, failure }: SimulationView): string {
  const parts = [phase === "ended" ? `Ended: ${progress}` : progress];
  if (launch !== undefined) parts.push(`launch ${launch}`);
  if (exitCode !== undefined) parts.push(`agent exit code ${exitCode}`);
  if (failure !== undefined) parts.push(failure.sentence);
  return printable(parts.join(" · "));
}

const groups = [
  "identity",
  "measurement",
  "configuration",
  "guest-policy",
  "tcb",
  "platform",
  "certificates",
  "binding",
  "history",
  "rules",
] as const;

const pinFields = [
  ["measurement", "measurement"],
  ["chipId", "chip"],
  ["idKeyDigest", "ID key"],
  ["authorKeyDigest", "author key"],
  ["familyId", "family id"],
  ["imageId", "image id"],
] as const;
