// `portcullis measure` and `portcullis ovmf`: which measurement will a launch have, and what can a firmware file measure? Works alone, without a manager.
// Only their options are here; measure-run.ts answers.
import type { Command } from "commander";
import { makeCommand, makeGroup, offlineOutput, type CommonOptions } from "./command.ts";
import { withBootOptions } from "./boot-options.ts";
import { explainCommand } from "./explain.ts";
import type { MeasureOptions } from "./measure-run.ts";

export function measureCommand(): Command {
  return withBootOptions(
    makeCommand("measure", "the measurement that a launch will have, from its boot files", [
      "measure --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0' --vcpus 4 --vcpu-type EPYC-Milan",
      "measure --ovmf OVMF.amdsev.fd --vcpus 1 --vcpu-sig 0xa10f11 --json",
    ]),
  )
    .enablePositionalOptions()
    .action(async (options: MeasureOptions) => {
      const { measure } = await import("./measure-run.ts");
      process.exitCode = measure(options, offlineOutput(options));
    })
    .addCommand(explainCommand());
}

export function ovmfCommand(): Command {
  const command = makeGroup("ovmf", "look into firmware files", ["ovmf inspect OVMF.fd"]);
  command.addCommand(
    makeCommand("inspect", "what can this firmware file measure, and what not?", [
      "ovmf inspect OVMF.amdsev.fd",
      "ovmf inspect OVMF.fd --json",
    ])
      .argument("<file>", "the firmware file, whole")
      .action(async (file: string, options: CommonOptions) => {
        const { inspect } = await import("./measure-run.ts");
        process.exitCode = inspect(file, offlineOutput(options));
      }),
  );
  return command;
}
