// What can go wrong while a disk is made for a VM (core/node/disk), as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const diskFailures = {
  "disk.platform": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "Disks are made on Linux only, because cryptsetup is. Run this on a Linux machine, with the manager there or the image brought to it.",
  },
  "disk.no-cryptsetup": {
    family: "misconfigured",
    peer: "unsupported",
    sentence: "cryptsetup is not installed on the manager's machine. Install it (Debian: apt-get install cryptsetup-bin), then try again.",
  },
  "disk.old-cryptsetup": {
    family: "misconfigured",
    peer: "unsupported",
    sentence: "This cryptsetup cannot say how far a conversion is. Install version 2.6 or newer (Debian 12 and later have it).",
  },
  "disk.unknown-disk": {
    family: "refused",
    peer: "malformed",
    sentence: "The VM has no disk of this id, so there is no key for it. Look at the VM's disks, or enrol the VM with it.",
  },
  "disk.unknown-run": {
    family: "refused",
    peer: "malformed",
    sentence: "No such disk is being made. It ended before the manager was started: look at the image with `portcullis disk check`.",
  },
  "disk.busy": {
    family: "limited",
    peer: "busy",
    sentence: "Another disk is being made. Wait until it is done, or cancel it, then try again.",
  },
  "disk.usage": {
    family: "malformed",
    peer: "malformed",
    sentence: "What is asked for does not fit together. Mend what is named and try again.",
  },
  "disk.integrity-convert": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "An image cannot be converted to authenticated sectors, because each needs room for its tag. Make a new image with integrity, and copy the files into it.",
  },
  "disk.no-device-mapper": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "Authenticated sectors are made through the kernel's device-mapper as root, which is not to be had here. Leave integrity out, or prepare the disk on another machine.",
  },
  "disk.not-there": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "There is no such image on the manager's machine. Check the path.",
  },
  "disk.exists": {
    family: "refused",
    peer: "malformed",
    sentence:
      "There is something at this path already, and a new disk would destroy it. Name another path, or confirm with its file name that it may be erased.",
  },
  "disk.erase-name": {
    family: "refused",
    peer: "malformed",
    sentence: "The confirmation to erase does not repeat the image's file name. Type exactly the last part of its path.",
  },
  "disk.not-an-image": {
    family: "refused",
    peer: "malformed",
    sentence: "That is no plain file and no block device of its own. Name the image itself; symbolic links are not followed.",
  },
  "disk.device-convert": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "A block device cannot be encrypted in place here, because it cannot grow by the header. Copy it into an image, convert that, and copy it back.",
  },
  "disk.format": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "The image is in a virtual machine's own format. Convert it first: qemu-img convert -O raw OLD NEW, then prepare the new one.",
  },
  "disk.already-luks": {
    family: "refused",
    peer: "malformed",
    sentence: "The image is encrypted already. Check it with `portcullis disk check`; decrypt it first if another key is wanted.",
  },
  "disk.too-small": {
    family: "refused",
    peer: "malformed",
    sentence: "The image is smaller than a disk may be here. Make it at least sixteen MiB, and a whole number of sectors of 512 bytes.",
  },
  "disk.in-use": {
    family: "refused",
    peer: "busy",
    sentence: "Something has this image open, or has mounted it. Stop the VM or the program, or unmount it, then try again.",
  },
  "disk.no-space": {
    family: "limited",
    peer: "busy",
    sentence: "There is not enough free space beside the image. Free some, then try again.",
  },
  "disk.unwritable": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "The image or its folder cannot be written to. Give the manager's user the right to, or choose another place.",
  },
  "disk.backup-exists": {
    family: "refused",
    peer: "malformed",
    sentence: "The header backup's file exists, and is never overwritten. Name a file that does not exist yet.",
  },
  "disk.backup-failed": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The header could not be backed up to that file. Name a file in a folder that can be written to, and go on with --resume if it was a conversion.",
  },
  "disk.not-started": {
    family: "refused",
    peer: "malformed",
    sentence:
      "No conversion of this image was stopped half-way, so there is nothing to go on with. Check the path, or begin with --convert.",
  },
  "disk.half-done": {
    family: "refused",
    peer: "malformed",
    sentence: "A conversion of this image was begun and has not ended. Go on with --resume; nothing is lost.",
  },
  "disk.journal": {
    family: "malformed",
    peer: "try-later",
    sentence:
      "The folder beside the image that says how far its conversion came cannot be understood. Change nothing, keep a copy of the image, and look at that folder.",
  },
  "disk.header": {
    family: "malformed",
    peer: "try-later",
    sentence:
      "The image's LUKS2 header is not in the form that this program makes, so its conversion is not ended. Keep a copy of the image, and report it.",
  },
  "disk.other-image": {
    family: "refused",
    peer: "try-later",
    sentence:
      "This is not the image whose conversion was begun: it is too short. If it was put back from a backup, delete the folder beside it whose name ends in .portcullis, and convert it anew.",
  },
  "disk.other-disk": {
    family: "refused",
    peer: "malformed",
    sentence: "The conversion of this image was begun for another VM or disk. Go on with the one that is named.",
  },
  "disk.wrong-key": {
    family: "refused",
    peer: "malformed",
    sentence: "The VM's key does not open this image. It was begun with another key: go on at the manager that began it.",
  },
  "disk.cryptsetup": {
    family: "unavailable",
    peer: "try-later",
    sentence: "cryptsetup ended without doing its work. Its exit code is in the detail; a conversion that was begun goes on with --resume.",
  },
  "disk.not-accepted": {
    family: "bug",
    peer: "try-later",
    sentence: "The finished disk is not one that the agent would open, so it is not called done. Keep it, and report the detail.",
  },
  "disk.cancelled": {
    family: "refused",
    peer: "try-later",
    sentence: "The work on this disk was stopped as asked. A conversion goes on with --resume, and the image is of no use until then.",
  },
} as const satisfies Record<string, FailureEntry>;
