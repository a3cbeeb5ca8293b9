// How is this VM configured in Proxmox VE? Its configuration's lines, and in `args` what those lines cannot say. qm.conf(5), and the
// published source of its qemu-server. Never tried on a Proxmox host (LIMITATIONS.md): steps and traps must say so.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { LaunchFacts } from "./launch-facts.ts";
import type { Kit } from "./launch-kit.ts";
import { configurationArguments, snpObject } from "./qemu.ts";
import { perlWord } from "./quoting.ts";
import { commonSteps, commonTraps, supportFiles } from "./support.ts";

/** Failures: `kit.plan-malformed` (no number of the VM), `kit.not-sayable` (command line or a disk's path). */
export function proxmoxKit(facts: LaunchFacts): Result<Kit> {
  const { plan, set, paths, policy, policyText } = facts;
  if (plan.proxmoxId === undefined) return fail(failure("kit.plan-malformed", "proxmoxId"));
  if (/\p{Cc}/u.test(set.direct?.commandLine ?? "")) return fail(failure("kit.not-sayable", "the command line"));
  // A drive's line is split at commas and equal signs, and has no quotes.
  const unsayable = paths.disks.find(({ path }) => !/^[A-Za-z0-9_./:@+-]+$/.test(path));
  if (unsayable !== undefined) return fail(failure("kit.not-sayable", unsayable.path));
  const named = `${plan.proxmoxId}.conf`;
  return ok({
    host: "proxmox",
    files: [
      { name: named, text: configurationLines(facts), where: `/etc/pve/qemu-server/${named}: the whole configuration of the VM, as root.` },
      ...supportFiles(facts),
    ],
    steps: [
      ...commonSteps(facts),
      `Save ${named} as /etc/pve/qemu-server/${named}, as root: the web pages cannot set args. Put your own bridge in place of vmbr0 in net0.`,
      `Look at the line before you start: qm showcmd ${plan.proxmoxId} --pretty must end with the sev-snp-guest object named portcullis0 and confidential-guest-support=portcullis0.`,
      `Start it and see its serial console: qm start ${plan.proxmoxId} && qm terminal ${plan.proxmoxId}.`,
      "If the agent says that the processor attests another configuration than the one in use, HOST_DATA did not reach the CPU: see the traps for what to try. It then refuses to ask for a key, as it must.",
    ],
    traps: [
      "None of this was tried on a Proxmox VE host. It follows the published source of Proxmox's qemu-server, and QEMU 10.0 takes such a line up to the missing processor.",
      "amd-sev: type=snp alone allows debugging: no-debug is 0 unless it is set, the policy becomes 0xb0000, and the host may decrypt the guest. Keep no-debug=1.",
      "kernel-hashes is 0 unless it is set: then kernel, initrd and command line are not measured.",
      "amd-sev has no key for HOST_DATA, the ID block or the author key. So args adds a second sev-snp-guest object that has them, portcullis0, and points the machine to it; the object that amd-sev makes, sev0, is then not used.",
      hostDataTrap,
      `Proxmox takes only those vCPU models that it knows by name; where it does not know ${set.vcpuModel}, use the name without a version: it has the same signature.`,
      "Proxmox takes cbitpos and reduced-phys-bits from the machine; the ones in args are the plan's. Compare them with qm showcmd.",
      `Proxmox starts its own firmware, OVMF_SEV_4M.fd; the -bios in args comes after it and counts. Whether Proxmox's firmware has a place for kernel hashes is not known: portcullis ovmf inspect says it.`,
      ...((policy.raw & ~sayable) === 0n ? [] : [`amd-sev cannot say the policy ${policyText}; only the object in args does.`]),
      ...commonTraps(facts),
    ],
  });
}

function configurationLines(facts: LaunchFacts): string {
  const { vm, plan, set, paths, policy } = facts;
  const direct = paths.kernel !== undefined;
  const disks = paths.disks.map(({ path, format }, index) => `virtio${index}: ${path},format=${format}`);
  const configDisk = paths.configDisk === undefined ? [] : [`virtio${paths.disks.length}: ${paths.configDisk},format=raw,ro=1`];
  return [
    `# Portcullis: VM ${vm.id}, expected measurement ${set.measurement}`,
    `name: ${dnsName(vm.name)}`,
    "ostype: l26",
    "machine: q35",
    "bios: ovmf",
    `amd-sev: type=snp,no-debug=${policy.debug ? 0 : 1},kernel-hashes=${direct ? 1 : 0}${policy.smt ? "" : ",allow-smt=0"}`,
    `cpu: ${set.vcpuModel}`,
    "sockets: 1",
    `cores: ${set.vcpus}`,
    `memory: ${plan.memoryMib}`,
    "balloon: 0",
    "scsihw: virtio-scsi-pci",
    ...disks,
    ...configDisk,
    "net0: virtio,bridge=vmbr0",
    "reboot: 0",
    "serial0: socket",
    "vga: serial0",
    `smbios1: uuid=${vm.id}`,
    `args: ${proxmoxArguments(facts).map(perlWord).join(" ")}`,
    "",
  ].join("\n");
}

/** What only args can say. They come after Proxmox's own options, so a later -machine and -bios count. */
function proxmoxArguments(facts: LaunchFacts): readonly string[] {
  const { plan, set, paths } = facts;
  return [
    "-bios",
    paths.firmware,
    ...(paths.kernel === undefined ? [] : ["-kernel", paths.kernel]),
    ...(paths.initrd === undefined ? [] : ["-initrd", paths.initrd]),
    ...(set.direct === undefined ? [] : ["-append", set.direct.commandLine]),
    ...configurationArguments(facts).flat(),
    "-object",
    `memory-backend-memfd,id=ram1,size=${plan.memoryMib}M,share=true`,
    "-object",
    snpObject(facts, "portcullis0"),
    "-machine",
    "confidential-guest-support=portcullis0,memory-backend=ram1",
  ];
}

/** Proxmox takes names of hosts only. */
function dnsName(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9.-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .replace(/\.{2,}|-\.|\.-/g, ".");
  return plain === "" ? "portcullis" : plain.slice(0, 63).replace(/[.-]+$/, "");
}

/** The policy's bits that amd-sev has keys for: SMT, the one that must be set, and debugging. */
const sayable = 0xb0000n;
const hostDataTrap =
  "Do not set HOST_DATA by args: -set object.sev0.host-data=…, which is sometimes named: nobody tried it on Proxmox VE, and QEMU 10 answers that -set is not supported with object. If Proxmox refuses the second object, leave amd-sev out and keep args: then Proxmox must be given bios: seabios, so that it adds no firmware of its own. That was not tried either.";
