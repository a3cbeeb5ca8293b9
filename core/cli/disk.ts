// `portcullis disk`: make the disk that a VM is to open, or encrypt one that is there. The running manager does it, with the VM's own key, which never
// passes through this command; `disk check` works alone. Only the options are here; disk-run.ts asks and follows.
import type { Command } from "commander";
import { makeCommand, makeGroup, makeManagerCommand } from "./command.ts";
import type { CheckOptions, PrepareOptions } from "./disk-run.ts";

export function diskCommand(): Command {
  const command = makeGroup("disk", "make encrypted disks for VMs, and look at them", [
    "disk prepare root.img --vm db-1 --disk root --new --size 20G --header-backup root.header",
    "disk check root.img",
  ]);
  command.addCommand(prepareCommand());
  command.addCommand(checkCommand());
  return command;
}

function prepareCommand(): Command {
  return makeManagerCommand("prepare", "make a LUKS2 disk with a VM's key, or encrypt an image in place", [
    "disk prepare root.img --vm db-1 --disk root --new --size 20G --header-backup root.header",
    "disk prepare root.img --vm db-1 --disk root --convert --header-backup root.header",
    "disk prepare root.img --vm db-1 --disk root --resume --header-backup root.header",
    "disk prepare /dev/sdx --vm db-1 --disk data --new --erase sdx --header-backup data.header",
  ])
    .argument("<image>", "a raw image, or with --new and --erase a block device, on the manager's machine")
    .requiredOption("--vm <name>", "whose key it gets: the VM's name or id")
    .requiredOption("--disk <id>", "which of the VM's disks it is")
    .option("--new", "make an empty disk; a file system is made when it is first opened")
    .option("--convert", "encrypt what is in the image, in place; it may be stopped and gone on with at any time")
    .option("--resume", "go on with a conversion that was stopped")
    .option("--size <bytes>", "what a new image holds: bytes, or with K, M, G, T for 1024 and its powers")
    .option("--integrity", "also authenticate each sector (HMAC-SHA-256); only with --new, as root, where there is device-mapper")
    .requiredOption("--header-backup <file>", "where the header is kept a second time; must not exist yet")
    .option("--erase <name>", "the image's file name again: what is there now is lost")
    .action(async (image: string, options: PrepareOptions) => {
      const { prepare } = await import("./disk-run.ts");
      await prepare(image, options);
    });
}

function checkCommand(): Command {
  return makeCommand("check", "what would the agent say of this disk? Without a key, and without opening it", [
    "disk check root.img",
    "disk check root.img --vm db-1 --json",
  ])
    .option("--data <folder>", "the manager's data folder, with --vm")
    .argument("<image>", "a raw image or a block device")
    .option("--vm <name>", "also say where the agent of this VM looks for its disks")
    .action(async (image: string, options: CheckOptions) => {
      const { check } = await import("./disk-run.ts");
      await check(image, options);
    });
}
