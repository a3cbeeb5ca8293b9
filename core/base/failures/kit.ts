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
      "This guest policy lets the host decrypt the guest (DEBUG, bit 19). Take the bit out; for a laboratory, let the VM's appraisal policy allow debug first.",
  },
  "kit.plan-migration": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This guest policy lets a migration agent take the guest (MIGRATE_MA, bit 18). Take the bit out, or let the VM's appraisal policy allow it first.",
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
} as const satisfies Record<string, FailureEntry>;
