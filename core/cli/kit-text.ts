// How are plans, kits and a checker's findings shown on a terminal? A kit's files exactly as they are to be pasted; everything else made printable.
import type { FindingView, HostCheckView, HostPlanView, KitView } from "../api/kit-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { printable } from "./output.ts";

export function planText({ name, hostPlan }: Pick<VmDetail, "name" | "hostPlan">): string {
  if (hostPlan === undefined) return printable(`${name} has no plan of its host yet.`);
  const { host, memoryMib, guestPolicy, delivery, folder, disks, cbitpos, reducedPhysBits, proxmoxId } = hostPlan;
  return [
    `${name} on ${host}${proxmoxId === undefined ? "" : `, number ${proxmoxId}`}: ${memoryMib} MiB, guest policy ${guestPolicy}`,
    `files in ${folder}; the agent's configuration as ${delivery}`,
    ...(disks.length === 0 ? ["no disk"] : disks.map(({ path, format }) => `disk ${path} (${format})`)),
    `encryption bit ${cbitpos}, reduced physical address bits ${reducedPhysBits}`,
    signingLine(hostPlan),
  ]
    .map(printable)
    .join("\n");
}

export function kitText(kit: KitView): string {
  const { files, steps, traps, bootSet, hostData, guestPolicy, idBlock } = kit;
  const rule = "-".repeat(8);
  return [
    printable(`Boot set ${bootSet.label}${bootSet.approved ? "" : ", NOT APPROVED: no launch with it gets a key yet"}`),
    `measurement ${bootSet.measurement}`,
    `HOST_DATA ${hostData}, guest policy ${guestPolicy}, ${idBlock ? "with" : "without"} an ID block`,
    ...files.flatMap(({ name, where, text }) => ["", `${rule} ${printable(name)} ${rule}`, printable(`# ${where}`), "", text.trimEnd()]),
    ...stepLines(kit),
    ...(traps.length === 0 && steps.length === 0 ? [] : [""]),
  ]
    .join("\n")
    .trimEnd();
}

export function stepLines({ steps, traps }: Pick<KitView, "steps" | "traps">): readonly string[] {
  return [
    "",
    "Steps",
    ...steps.map((step, index) => printable(`  ${index + 1}. ${step}`)),
    ...(traps.length === 0 ? [] : ["", "Traps", ...traps.map((trap) => printable(`  - ${trap}`))]),
  ];
}

export function checkText({ host, findings, comparedWith }: HostCheckView): string {
  const read = `Read as ${hostNames[host]}${comparedWith === undefined ? "" : `, compared with the kit of boot set ${comparedWith.label}`}.`;
  return [printable(read), ...findings.flatMap(findingLines), ...(findings.length === 0 ? [] : [""]), summaryLine(findings)].join("\n");
}

function findingLines({ id, severity, option, sentence, fix }: FindingView): readonly string[] {
  const mark = severity === "unsafe" ? "UNSAFE" : severity;
  return [
    "",
    printable(`${mark}: ${option} [${id}]`),
    printable(`  ${sentence}`),
    ...(fix === "" ? [] : ["  Put there:", ...fix.split("\n").map((line) => `    ${printable(line)}`)]),
  ];
}

function summaryLine(findings: readonly FindingView[]): string {
  const counts = (["unsafe", "missing", "different"] as const)
    .map((severity) => [severity, findings.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0);
  return counts.length === 0
    ? "Nothing is unsafe, missing or different."
    : `${counts.map(([severity, count]) => `${count} ${severity}`).join(", ")}.`;
}

function signingLine({ idKey, authorKey, familyId, imageId, guestSvn }: HostPlanView): string {
  if (idKey === undefined) return "no ID block";
  return [
    `ID blocks signed by ${idKey}`,
    ...(authorKey === undefined ? [] : [`author key ${authorKey}`]),
    ...(familyId === undefined ? [] : [`FAMILY_ID ${familyId}`]),
    ...(imageId === undefined ? [] : [`IMAGE_ID ${imageId}`]),
    ...(guestSvn === undefined ? [] : [`GUEST_SVN ${guestSvn}`]),
  ].join(", ");
}

const hostNames: Readonly<Record<HostCheckView["host"], string>> = {
  qemu: "a QEMU command line",
  libvirt: "a libvirt domain",
  proxmox: "a Proxmox VE configuration",
};
