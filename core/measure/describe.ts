// What can a firmware file measure, in words? For the person who has to choose one. Never a measurement.
import type { Firmware } from "./firmware.ts";

export interface FirmwareDescription {
  /** The hashes of kernel, initrd and command line enter the measurement, where the VM is started with them. */
  readonly measuresKernel: boolean;
  /** More than one vCPU can be measured. */
  readonly measuresVcpus: boolean;
  /** A COCONUT SVSM may run below it. */
  readonly svsm: boolean;
  readonly sentences: readonly string[];
}

export function describeFirmware({ hashTable, resetEip, sections }: Firmware): FirmwareDescription {
  const measuresKernel = hashTable !== undefined;
  const measuresVcpus = resetEip !== undefined;
  const svsm = sections.some(({ kind }) => kind === "svsm-caa");
  return {
    measuresKernel,
    measuresVcpus,
    svsm,
    sentences: [
      measuresKernel
        ? "Kernel, initrd and command line are measured where the VM is started with kernel-hashes=on; without it the host can change them."
        : "Kernel, initrd and command line are not measured: this build has no place for their hashes. Use it only where the whole boot chain is in the firmware file, or take an AmdSev build.",
      measuresVcpus
        ? "The number of vCPUs is measured."
        : "It names no place where further vCPUs start: only VMs of one vCPU can be measured.",
      "The CPUID and secrets pages are measured by their address only.",
    ],
  };
}
