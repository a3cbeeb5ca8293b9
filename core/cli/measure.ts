// `portcullis measure` and `portcullis ovmf`: which measurement will a launch have, and what can a firmware file measure? Works alone, without a manager.
// Only their options are here; measure-run.ts answers.
import type { Command } from "commander";
import { makeCommand, makeGroup, offlineOutput, type CommonOptions } from "./command.ts";
import { vcpuModels } from "../measure/vcpu.ts";
import { vmms } from "../measure/vmsa.ts";
import { explainCommand } from "./explain.ts";
import type { MeasureOptions } from "./measure-run.ts";

export function measureCommand(): Command {
  return (
    makeCommand("measure", "the measurement that a launch will have, from its boot files", [
      "measure --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0' --vcpus 4 --vcpu-type EPYC-Milan",
      "measure --ovmf OVMF.amdsev.fd --vcpus 1 --vcpu-sig 0xa10f11 --json",
    ])
      // Not required by the parser: measure explain has options of the same names, and is asked for without these.
      .option("--ovmf <file>", "the firmware file that the host starts the VM with; needed")
      .option("--kernel <file>", "the kernel, where the host passes one and has kernel-hashes on")
      .option("--initrd <file>", "its initrd")
      .option("--append <text>", "its command line, exactly; a space more is another measurement")
      .option("--vcpus <count>", "as the VM is started; needed")
      .option("--vcpu-type <name>", `the vCPU model: ${vcpuModels.join(", ")}, with or without a version`)
      .option("--vcpu-sig <hex>", "its CPUID Fn0000_0001 EAX instead, for -cpu host")
      .option("--guest-features <hex>", "SEV_FEATURES; 0x1 on a mainline kernel", "0x1")
      .option("--vmm <name>", vmms.join(" or "), "qemu")
      .enablePositionalOptions()
      .action(async (options: MeasureOptions) => {
        const { measure } = await import("./measure-run.ts");
        process.exitCode = measure(options, offlineOutput(options));
      })
      .addCommand(explainCommand())
  );
}

export function ovmfCommand(): Command {
  const command = makeGroup("ovmf", "look into firmware files", ["ovmf inspect OVMF.fd"]);
  command.addCommand(
    makeCommand("inspect", "what can this firmware file measure, and what not?", [
      "ovmf inspect OVMF.amdsev.fd",
      "ovmf inspect OVMF.fd --json",
    ])
      .argument("<file>", "the firmware file, whole")
      .action(async (file: string, options: CommonOptions) => {
        const { inspect } = await import("./measure-run.ts");
        process.exitCode = inspect(file, offlineOutput(options));
      }),
  );
  return command;
}
