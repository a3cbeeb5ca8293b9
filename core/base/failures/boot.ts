// What can go wrong with the boot sets that a VM's owner keeps, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const bootFailures = {
  "boot.unknown": {
    family: "refused",
    peer: "malformed",
    sentence: "The VM has no such boot set. List its boot sets, and name one of them by its id or label.",
  },
  "boot.label": {
    family: "malformed",
    peer: "malformed",
    sentence: "A boot set needs a label of at most 100 printable characters on one line. Call it what you call the kernel.",
  },
  "boot.label-taken": {
    family: "refused",
    peer: "malformed",
    sentence: "The VM has a boot set of this label already. Choose another label, or remove or retire the other one.",
  },
  "boot.same-measurement": {
    family: "refused",
    peer: "malformed",
    sentence: "Another boot set of the VM has this very measurement, so nothing about the launch would differ. Use the one that is named.",
  },
  "boot.too-many": {
    family: "limited",
    peer: "malformed",
    sentence: "The VM has as many boot sets as it may have. Remove candidates, or retire those that no host starts any more.",
  },
  "boot.already-approved": {
    family: "refused",
    peer: "malformed",
    sentence: "This boot set is approved already. Start the VM with it, or retire it.",
  },
  "boot.approved": {
    family: "refused",
    peer: "malformed",
    sentence: "A boot set that was approved is not removed, because launches may have passed by it. Retire it, so that it passes no more.",
  },
  "boot.not-approved": {
    family: "refused",
    peer: "malformed",
    sentence: "No launch passes by this boot set, so there is nothing to retire. Remove it if it is not wanted.",
  },
  "boot.retired": {
    family: "refused",
    peer: "malformed",
    sentence: "This boot set was retired. Add its files again if launches with them are to pass once more.",
  },
  "boot.last": {
    family: "refused",
    peer: "malformed",
    sentence:
      "It is the only measurement that the VM's policy accepts, so the VM could not launch any more. Approve the next boot set first, or disable the VM.",
  },
  "boot.not-compared": {
    family: "refused",
    peer: "malformed",
    sentence:
      "The VM's policy compares no measurement and asks nobody, so launches with this boot set would go on to pass. Let the policy name the measurements that it accepts first.",
  },
  "boot.too-long-to-show": {
    family: "limited",
    peer: "malformed",
    sentence:
      "This is more than a confirmation can show in full. Approve it at the terminal with `portcullis vm boot approve`, which shows all of it.",
  },
} as const satisfies Record<string, FailureEntry>;
