// What can go wrong in core/kit and with a VM's host plan, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const kitFailures = {
  "kit.plan-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The plan of the VM's host has a field that cannot be accepted. Mend the named field and set the plan again.",
  },
  "kit.plan-debug": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This guest policy lets the host decrypt the guest (DEBUG, bit 19). Take the bit out. A laboratory lets the VM's appraisal policy allow debug by name first.",
  },
  "kit.plan-migration": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This guest policy lets a migration agent take the guest (MIGRATE_MA, bit 18). Take the bit out. Who needs it lets the VM's appraisal policy allow it by name first.",
  },
  "kit.no-plan": {
    family: "refused",
    peer: "malformed",
    sentence: "It is not known yet how this VM's host starts it. Set its plan first: `portcullis vm plan`.",
  },
  "kit.no-boot-set": {
    family: "refused",
    peer: "malformed",
    sentence: "This VM has no such boot set. Add its boot files first (`portcullis vm boot add`), or list those that it has.",
  },
  "kit.boot-set-retired": {
    family: "refused",
    peer: "malformed",
    sentence: "This boot set was retired, so a launch with it gets no key. Choose another one.",
  },
  "kit.no-configuration": {
    family: "refused",
    peer: "malformed",
    sentence: "Every configuration of this VM was retired, so there is nothing to launch it with. Issue a new one.",
  },
  "kit.check-too-long": {
    family: "limited",
    peer: "malformed",
    sentence:
      "That is longer than any configuration of one VM. Give the command line, the domain XML or the VM's configuration, and nothing else.",
  },
  "kit.check-unknown": {
    family: "malformed",
    peer: "malformed",
    sentence: "This is no QEMU command line, no libvirt domain XML and no Proxmox VM configuration. Give one of them, whole, as text.",
  },
  "kit.check-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "This cannot be read as what it seems to be. Look at the named place; what could not be read was not judged.",
  },
  "kit.vcpu-model": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This vCPU model cannot start the measured VM: it is no EPYC model and not host, or it has another signature than was measured. Measure the boot files with the model that the host will use.",
  },
  "kit.other-vmm": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The boot set was measured for another hypervisor than QEMU, and this host starts its VMs with QEMU. Measure it for QEMU.",
  },
  "kit.guest-features": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The boot set was measured with SEV features that this host cannot be told to turn on. Measure it with the host's own, 0x1.",
  },
  "kit.configuration": {
    family: "malformed",
    peer: "malformed",
    sentence: "The agent's configuration is not this VM's, or HOST_DATA is not its digest. Make the kit again from the VM's record.",
  },
  "kit.id-block": {
    family: "refused",
    peer: "malformed",
    sentence:
      "The ID block does not fit this launch, so the CPU would refuse it. Have it signed again for this boot set and this guest policy.",
  },
  "kit.file-names": {
    family: "malformed",
    peer: "malformed",
    sentence: "Two files of the kit would have one name on the host, or a name is no name. Rename the boot files and measure them again.",
  },
  "kit.not-sayable": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The host's configuration has no way to write a character of this text. Take it out, or use another kind of host.",
  },
  "kit.initrd-unknown": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "This file does not begin as an initrd does that Linux unpacks (cpio, gzip, zstd, xz, lz4, bzip2, lzma, lzo). Give the initrd itself, not a unified kernel image.",
  },
  "kit.initrd-configured": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This initrd carries an agent configuration already, which would win over the one put before it. Give the initrd as it was without one.",
  },
  "kit.file-exists": {
    family: "refused",
    peer: "malformed",
    sentence: "There is a file of this name already, and nothing is written over. Choose another name, or take that file away first.",
  },
} as const satisfies Record<string, FailureEntry>;
