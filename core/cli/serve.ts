// `portcullis serve`: the manager without a desktop app. Only its options are here; serve-run.ts runs it.
import type { Command } from "commander";
import { defaultListen, hostPortText } from "../node/service/address.ts";
import { leastLaunches, mostLaunches, usualLaunches } from "../node/service/capacity.ts";
import { makeCommand } from "./command.ts";
import { createOutput } from "./output.ts";
import type { ServeOptions } from "./serve-run.ts";

export function serveCommand(): Command {
  return makeCommand("serve", "run the manager, with its console in a browser", [
    "serve --open",
    "serve --listen 0.0.0.0:7443 --advertise manager.example:7443",
    "serve --keychain sealed-file --passphrase-file /run/secrets/portcullis",
  ])
    .option("--data <folder>", "the data folder")
    .option("--listen <host:port>", "where agents reach it; loopback unless you say so", hostPortText(defaultListen))
    .option("--advertise <host:port>", "what agents are told to dial, where that is another address")
    .option("--console-port <port>", "of the console on 127.0.0.1 (default: a free one)")
    .option("--keychain <kind>", "os: the system's keychain. sealed-file: a file with a passphrase. Chosen once for an installation")
    .option("--passphrase-file <file>", "holds the sealed file's passphrase in its first line")
    .option("--kds <url>", 'address of AMD\'s key service or a mirror, or "off"')
    .option("--max-launches <count>", `VMs that may launch at once, ${leastLaunches} to ${mostLaunches}`, String(usualLaunches))
    .option("--log-level <level>", "of the log on stderr: debug, info, warn, error", "info")
    .option("--open", "open the console in the browser, too")
    .action(async (options: ServeOptions) => {
      const output = createOutput(options.json === true);
      const { serve } = await import("./serve-run.ts");
      const served = await serve(options, output);
      if (!served.ok) process.exitCode = output.refuse(served.failure);
    });
}
