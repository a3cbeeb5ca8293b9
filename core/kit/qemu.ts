// How is this VM started with QEMU? The whole launch line as a shell script, one option a line. QEMU >= 9.1 (sev-snp-guest), docs/system/i386/amd-memory-encryption.
// Every value goes through quoting.ts: never write one into a line by hand.
import type { LaunchFacts } from "./launch-facts.ts";
import { isBlockDevice, launchScriptName } from "./host-paths.ts";
import type { Kit } from "./launch-kit.ts";
import { qemuOptions, shellWord } from "./quoting.ts";
import { commonSteps, commonTraps, supportFiles } from "./support.ts";

export function qemuKit(facts: LaunchFacts): Kit {
  const { folder } = facts.paths;
  return {
    host: "qemu",
    files: [
      {
        name: launchScriptName,
        text: launchScript(facts),
        where: `${folder}/${launchScriptName}: starts the VM; run it as root or as a user who may open /dev/kvm and /dev/sev.`,
      },
      ...supportFiles(facts),
    ],
    steps: [
      ...commonSteps(facts),
      `Look at the machine once: QEMU 9.1 or newer (qemu-system-x86_64 --version) and /sys/module/kvm_amd/parameters/sev_snp says Y.`,
      `Start the VM: sh ${shellWord(`${folder}/${launchScriptName}`)}. Its serial console is your terminal; Ctrl-A X ends it.`,
      "For a network of its own instead of QEMU's user network, put the bridge's line that the script names in place of the user line.",
    ],
    traps: [
      ...commonTraps(facts),
      "QEMU 7.2 and 8.x know no SNP, and take no sev-snp-guest; 9.1 is the first that does.",
      "Change nothing in the sev-snp-guest line, in -smp, -cpu, -bios, -kernel, -initrd or -append: all of them are measured or compared, and a VM that was started otherwise gets no key.",
    ],
  };
}

/** Option by option, as QEMU is given them. */
function qemuArguments(facts: LaunchFacts): readonly (readonly string[])[] {
  const { vm, plan, set, paths } = facts;
  const direct = paths.kernel !== undefined;
  return [
    ["-name", qemuOptions(["guest", vm.name])],
    ["-uuid", vm.id],
    ["-nodefaults"],
    ["-no-user-config"],
    ["-accel", "kvm"],
    ["-machine", "q35,confidential-guest-support=sev0,memory-backend=ram1,smm=off,vmport=off"],
    ["-cpu", set.vcpuModel],
    ["-smp", `cpus=${set.vcpus},maxcpus=${set.vcpus},sockets=1,cores=${set.vcpus},threads=1`],
    ["-m", `${plan.memoryMib}M`],
    ["-object", `memory-backend-memfd,id=ram1,size=${plan.memoryMib}M,share=true`],
    ["-object", snpObject(facts, "sev0")],
    ["-bios", paths.firmware],
    ...(paths.kernel === undefined ? [] : [["-kernel", paths.kernel]]),
    ...(paths.initrd === undefined ? [] : [["-initrd", paths.initrd]]),
    ...(direct && set.direct !== undefined ? [["-append", set.direct.commandLine]] : []),
    ...configurationArguments(facts),
    ...paths.disks.flatMap(({ path, format }, index) => diskArguments(`disk${index}`, path, format, false)),
    ...(paths.configDisk === undefined ? [] : diskArguments("configuration", paths.configDisk, "raw", true)),
    ["-netdev", userNetwork],
    ["-device", `virtio-net-pci,netdev=net0,romfile=,${confidentialVirtio}`],
    ["-display", "none"],
    ["-serial", "mon:stdio"],
    ["-no-reboot"],
  ];
}

/** Everything that QEMU lets an owner say about an SNP launch. */
export function snpObject({ plan, policyText, hostData, idBlock, paths }: LaunchFacts, id: string): string {
  return qemuOptions(
    "sev-snp-guest",
    ["id", id],
    ["cbitpos", `${plan.cbitpos}`],
    ["reduced-phys-bits", `${plan.reducedPhysBits}`],
    ["policy", policyText],
    ["kernel-hashes", paths.kernel === undefined ? "off" : "on"],
    ["host-data", hostData],
    ...(idBlock === undefined
      ? []
      : ([
          ["id-block", idBlock.block],
          ["id-auth", idBlock.auth],
          ["author-key-enabled", idBlock.authorKey ? "on" : "off"],
        ] as const)),
  );
}

export function configurationArguments({ paths }: LaunchFacts): readonly (readonly string[])[] {
  return paths.configuration === undefined ? [] : [["-fw_cfg", qemuOptions(["name", fwCfgName], ["file", paths.configuration])]];
}

function diskArguments(id: string, path: string, format: string, readOnly: boolean): readonly (readonly string[])[] {
  return [
    [
      "-blockdev",
      qemuOptions(
        ["driver", format],
        ["node-name", id],
        ["read-only", readOnly ? "on" : "off"],
        ["file.driver", isBlockDevice(path) ? "host_device" : "file"],
        ["file.filename", path],
      ),
    ],
    ["-device", `virtio-blk-pci,drive=${id},${confidentialVirtio}`],
  ];
}

function launchScript(facts: LaunchFacts): string {
  const { vm, set } = facts;
  const lines = qemuArguments(facts).map((words) => words.map((word, index) => (index === 0 ? word : shellWord(word))).join(" "));
  return `#!/bin/sh
# Starts the VM ${vm.name} (${vm.id}) as an SEV-SNP guest. Written by Portcullis; needs QEMU 9.1 or newer.
# Expected measurement: ${set.measurement}
# A network bridge instead of QEMU's user network: put  -netdev ${bridgeNetwork}  in place of  -netdev ${userNetwork}
set -eu
exec "\${QEMU:-qemu-system-x86_64}" \\
  ${lines.join(" \\\n  ")}
`;
}

/** Where the agent looks (agent/configuration.ts). */
export const fwCfgName = "opt/portcullis/configuration";
const userNetwork = "user,id=net0";
const bridgeNetwork = "bridge,id=net0,br=br0";
/** The guest's memory is encrypted: devices must go through its bounce buffers. QEMU does so by itself; older guests' drivers need it said. */
const confidentialVirtio = "disable-legacy=on,iommu_platform=on";
