// What can go wrong in core/measure, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const measureFailures = {
  "measure.firmware-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The file is not a firmware image whose launch can be measured. Give the OVMF file that the host starts the VM with, whole.",
  },
  "measure.firmware-no-table": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "The file does not end with OVMF's table of entries. Give the combined image (OVMF.fd or OVMF_CODE with its reset vector), not a variable store.",
  },
  "measure.firmware-not-snp": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "This OVMF build has no SEV metadata, so it cannot start an SNP guest. Use a build for SEV, such as Debian's OVMF.amdsev.fd.",
  },
  "measure.firmware-metadata-version": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The firmware's SEV metadata has a version that this program does not know. Look for a newer Portcullis release.",
  },
  "measure.firmware-section-unknown": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "The firmware has a metadata section of a kind that this program does not know, so what it measures cannot be said. Look for a newer Portcullis release.",
  },
  "measure.firmware-no-hashes": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "This OVMF build has no place for the hashes of kernel, initrd and command line: they would not be measured, and the host could change them. Use an AmdSev build, such as Debian's OVMF.amdsev.fd.",
  },
  "measure.firmware-one-vcpu": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The firmware does not say where further vCPUs start, so only one can be measured. Use one vCPU, or another build.",
  },
  "measure.vcpus": {
    family: "malformed",
    peer: "malformed",
    sentence: "The number of vCPUs is a whole number from 1 to 4096. Give the number that the VM is started with.",
  },
  "measure.command-line": {
    family: "malformed",
    peer: "malformed",
    sentence: "A command line cannot hold a NUL character: the kernel would read another one than is measured. Take it out.",
  },
  "measure.kernel-empty": {
    family: "malformed",
    peer: "malformed",
    sentence: "The kernel file is empty. Give the kernel that the VM boots.",
  },
  "measure.boot-set": {
    family: "malformed",
    peer: "malformed",
    sentence: "The set of boot files is damaged: a digest or the guest features are not in their form. Measure the files again.",
  },
  "measure.no-report": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence:
      "The launch ended before there was a report that could be read, so there is nothing to explain or compare. Choose another launch.",
  },
  "measure.no-boot-set": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence:
      "No boot set of this VM is known, so there is nothing that the launch could be compared with. Add one from its boot files (vm boot add), or try measure explain with the files.",
  },
  "measure.explaining": {
    family: "limited",
    peer: "busy",
    sentence: "Another launch is being explained right now, and one at a time must do. Try again in half a minute.",
  },
  "measure.vmm-uncertain": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "What this VMM starts its vCPUs with is not known for sure, and a measurement that is a guess would be worse than none: two independent tools disagree on it. Compare its launches with one that you trust.",
  },
  "measure.firmware-guid-order": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "The firmware's table has its GUIDs in the order in which they are written, not in EFI's, so no firmware tool would find it. Build the file again with EFI's mixed order, or take a released one.",
  },
  "measure.unreadable": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "A boot file cannot be read. Look at its path and its permissions.",
  },
} as const satisfies Record<string, FailureEntry>;
