// What does every host need beside its own launch? The agent's configuration, the sums of the boot files, and the steps and traps that all hosts share.
// Sentences are for the owner who pastes: what to do, then why.
import { utf8 } from "../base/utf8.ts";
import { vcpuSignature } from "../measure/vcpu.ts";
import { configDiskName, configurationName, lastSegment, sumsName } from "./host-paths.ts";
import type { LaunchFacts } from "./launch-facts.ts";
import type { KitFile } from "./launch-kit.ts";
import { shellWord } from "./quoting.ts";

export function supportFiles(facts: LaunchFacts): readonly KitFile[] {
  const { paths, configuration } = facts;
  return [
    ...(paths.configuration === undefined
      ? []
      : [
          {
            name: configurationName,
            text: configuration,
            where: `${paths.configuration}: the agent's configuration, byte for byte, without a newline at its end; HOST_DATA is its SHA-256. No secret.`,
          },
        ]),
    {
      name: sumsName,
      text: sums(facts),
      where: `${paths.folder}/${sumsName}: the sums of the boot files that were measured; sha256sum --check ${sumsName} says whether the host has the same.`,
    },
  ];
}

export function commonSteps({ vm, paths, set, plan }: LaunchFacts): readonly string[] {
  const boot = [set.firmware.name, set.direct?.kernel.name, set.direct?.initrd?.name].filter((name) => name !== undefined).map(lastSegment);
  return [
    `Make the folder on the host and copy the measured boot files into it: mkdir -p ${shellWord(paths.folder)}; ${boot.join(", ")}.`,
    "Save the files of this kit there, each under its own name.",
    ...(plan.delivery === "config-disk"
      ? [
          `Save the configuration disk as ${paths.configDisk ?? configDiskName}; it is a small disk labelled PORTCULLIS. It is among the files of \`portcullis vm kit --out\`; \`portcullis vm configuration ${vm.id} --write . --form config-disk\` makes it alone.`,
        ]
      : []),
    ...(plan.delivery === "initramfs"
      ? [
          `Use the initrd that has the agent's configuration baked in: it is the one that was measured (\`portcullis vm configuration ${vm.id} --initrd FILE --out FILE\` makes one). A newer configuration is another initrd and another measurement.`,
        ]
      : []),
    ...(paths.disks.length === 0
      ? []
      : [`Bring the VM's disks to where the plan has them: ${paths.disks.map(({ path }) => path).join(", ")}.`]),
    `Check the boot files: cd ${shellWord(paths.folder)} && sha256sum --check ${sumsName}. One that differs gives another measurement, and the VM gets no key.`,
  ];
}

export function commonTraps({ set, policy, policyText, paths }: LaunchFacts): readonly string[] {
  const console = set.direct !== undefined && !/(?:^|\s)console=ttyS0/.test(set.direct.commandLine);
  return [
    ...(paths.kernel === undefined
      ? [
          "No kernel is measured: the boot set is the firmware alone. Everything that the firmware loads from a disk can be changed by the host, unless the firmware itself verifies it.",
        ]
      : []),
    ...(console
      ? [
          "The measured command line has no console=ttyS0, so the serial console stays silent and the agent is not seen. Adding it means another measurement.",
        ]
      : []),
    ...(set.direct !== undefined && utf8(set.direct.commandLine).length > mostCommandLine
      ? [`The command line is longer than the ${mostCommandLine} bytes that Linux reads: what comes after is measured and ignored.`]
      : []),
    ...(set.vcpuModel === "host"
      ? [
          `The vCPU model is the host's own: it was measured as 0x${set.vcpuSignature.toString(16)} (CPUID 1 EAX), and on a machine of another model or stepping the measurement is another.`,
        ]
      : []),
    ...(set.vcpuModel !== "host" && vcpuSignature(set.vcpuModel) === undefined
      ? [
          `This program does not know the vCPU model ${set.vcpuModel}: the measurement holds only where the host's QEMU gives it the signature 0x${set.vcpuSignature.toString(16)}.`,
        ]
      : []),
    ...(BigInt(set.guestFeatures) === 1n
      ? []
      : [
          `The set was measured with SEV features ${set.guestFeatures}. The host's kernel chooses them: 0x21 is DebugSwap, of some kernels 6.6 and 6.7; other kernels give another measurement.`,
        ]),
    ...(policy.debug
      ? ["This guest policy lets the host decrypt the guest (DEBUG). Never run anything in it that is worth protecting."]
      : []),
    ...(policy.migrateMa ? ["This guest policy lets a migration agent take the guest (MIGRATE_MA)."] : []),
    policy.smt
      ? `The guest policy is ${policyText}: simultaneous multithreading on the host is allowed.`
      : `The guest policy is ${policyText}: a host with simultaneous multithreading turned on refuses to start the VM.`,
    "A changed agent configuration is another HOST_DATA: make the kit again, and start the VM anew with it.",
  ];
}

function sums({ set, paths }: LaunchFacts): string {
  const entries: readonly (readonly [sha256: string, path: string | undefined])[] = [
    [set.firmware.sha256, paths.firmware],
    [set.direct?.kernel.sha256 ?? "", paths.kernel],
    [set.direct?.initrd?.sha256 ?? "", paths.initrd],
  ];
  return entries.map(([sha256, path]) => (path === undefined ? "" : `${sha256}  ${lastSegment(path)}\n`)).join("");
}

/** COMMAND_LINE_SIZE of Linux on x86, without its NUL. */
const mostCommandLine = 2047;
