// `portcullis measure explain` and `launches explain`: which input differs where a launch has another measurement than was expected? The first works on
// files alone, the second asks the manager, who knows the VM's boot sets. Only their options are here; explain-run.ts answers for the files.
import type { Command } from "commander";
import { vcpuModels } from "../measure/vcpu.ts";
import { vmms } from "../measure/vmsa.ts";
import { askManager, collect, makeCommand, makeManagerCommand, type ManagerOptions, offlineOutput } from "./command.ts";
import type { ExplainOptions } from "./explain-run.ts";
import { printable } from "./output.ts";

export function explainCommand(): Command {
  return makeCommand("explain", "which input differs from what was believed? The first of each list is believed", [
    "measure explain --report report.bin --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append 'quiet' --vcpus 4 --vcpu-type EPYC-Milan",
    "measure explain --measurement HEX --ovmf new.fd --ovmf old.fd --vcpus 2 --vcpu-sig 0xa10f11 --seconds 10 --json",
  ])
    .option("--report <file>", "the report whose measurement is to be explained, exactly 1184 bytes")
    .option("--measurement <hex>", "the measurement itself instead, 48 bytes")
    .requiredOption("--ovmf <file>", "the firmware file; further ones are what it might have been", collect)
    .option("--kernel <file>", "the kernel; may be repeated", collect)
    .option("--initrd <file>", "its initrd; may be repeated", collect)
    .option("--append <text>", "its command line, exactly; may be repeated", collect)
    .option("--no-kernel-hashes", "believe that the VM was started without them; the files are what they would be of")
    .requiredOption("--vcpus <count>", "as the VM is believed to be started; every other number is tried")
    .option("--vcpu-type <name>", `the vCPU model: ${vcpuModels.join(", ")}, with or without a version`)
    .option("--vcpu-sig <hex>", "its CPUID Fn0000_0001 EAX instead, for -cpu host")
    .option("--guest-features <hex>", "SEV_FEATURES; 0x1 on a mainline kernel", "0x1")
    .option("--vmm <name>", vmms.join(" or "), "qemu")
    .option("--seconds <count>", "search for so long at most", "30")
    .action(async (options: ExplainOptions) => {
      const { explain } = await import("./explain-run.ts");
      process.exitCode = await explain(options, offlineOutput(options));
    });
}

export function explainLaunchCommand(): Command {
  return makeManagerCommand("explain", "which input differs from the VM's boot sets? Takes seconds; exit 1 where none was found", [
    "launches explain ID",
    "launches explain ID --json",
  ])
    .argument("<launch>", "its id")
    .action((launch: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const explained = await api.launches.explain({ launch });
        const { found, sentence, bootSet } = explained;
        output.answer(explained, () => printable(`Compared with the boot set "${bootSet.label}": ${sentence}`));
        return found ? 0 : 1;
      }),
    );
}
