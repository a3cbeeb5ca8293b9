// How does a person name boot files and vCPUs? The options that `measure` and `vm boot add` share. boot-set-files.ts reads what they name.
import type { Command } from "commander";
import { vcpuModels } from "../measure/vcpu.ts";
import { vmms } from "../measure/vmsa.ts";

export interface BootOptions {
  readonly ovmf?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly vcpus?: string;
  readonly vcpuType?: string;
  readonly vcpuSig?: string;
  readonly guestFeatures: string;
  readonly vmm: string;
}

/** Not required by the parser: `measure` has commands below it that are asked for without them. */
export function withBootOptions(command: Command): Command {
  return command
    .option("--ovmf <file>", "the firmware file that the host starts the VM with; needed")
    .option("--kernel <file>", "the kernel, where the host passes one and has kernel-hashes on")
    .option("--initrd <file>", "its initrd")
    .option("--append <text>", "its command line, exactly; a space more is another measurement")
    .option("--vcpus <count>", "as the VM is started; needed")
    .option("--vcpu-type <name>", `the vCPU model: ${vcpuModels.join(", ")}, with or without a version`)
    .option("--vcpu-sig <hex>", "its CPUID Fn0000_0001 EAX instead, for -cpu host")
    .option("--guest-features <hex>", "SEV_FEATURES; 0x1 on a mainline kernel", "0x1")
    .option("--vmm <name>", vmms.join(" or "), "qemu");
}
