// `portcullis host check`: is a host's own configuration safe, complete, and as the VM's kit says? Alone, or with --vm by the running manager.
// Exit 0 where nothing is unsafe, missing or different, 1 otherwise, 2 where it cannot be read. Only its options are here; host-check-run.ts answers.
import type { Command } from "commander";
import { hosts } from "../kit/launch-kit.ts";
import { makeGroup, makeManagerCommand } from "./command.ts";
import type { CheckOptions } from "./host-check-run.ts";

export function hostCommand(): Command {
  const command = makeGroup("host", "look into the configurations of hosts", [
    "host check start-db-1.sh",
    "virsh dumpxml db-1 | portcullis host check -",
  ]);
  command.addCommand(checkCommand());
  return command;
}

function checkCommand(): Command {
  return makeManagerCommand(
    "check",
    "what is unsafe, missing or different in a QEMU command line, a libvirt domain or a Proxmox VE configuration?",
    [
      "host check start-db-1.sh",
      "host check /etc/pve/qemu-server/101.conf --vm db-1",
      'host check db-1.xml --vm db-1 --boot "6.12.9" --json',
      "host check - < /proc/4711/cmdline",
    ],
  )
    .argument("<file>", "the file, or - for stdin")
    .option("--as <host>", `what it is, where it is not seen by itself: ${hosts.join(", ")}`)
    .option("--vm <name>", "compare it with the kit of this VM; asks the running manager")
    .option("--boot <set>", "id or label of the boot set (default: the newest approved one, or else the newest)")
    .action(async (file: string, options: CheckOptions) => {
      const { check } = await import("./host-check-run.ts");
      await check(file, options);
    });
}
