// The `portcullis` command: which command is meant, and which exit code does it end with? One file for each command; this one only joins them.
import { Command, CommanderError } from "commander";
import { collateralCommand } from "./collateral.ts";
import { consoleLinkCommand } from "./console-link.ts";
import { diskCommand } from "./disk.ts";
import { idBlockCommand } from "./id-block.ts";
import { idKeyCommand } from "./id-key.ts";
import { hostCommand } from "./host-check.ts";
import { launchesCommand } from "./launches.ts";
import { endureClosedPipes } from "./output.ts";
import { measureCommand, ovmfCommand } from "./measure.ts";
import { policyCommand } from "./policy-command.ts";
import { programVersion } from "./program.ts";
import { referenceCommand } from "./reference.ts";
import { reportCommand } from "./report-command.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { vmCommand } from "./vm.ts";

endureClosedPipes();
const program = new Command("portcullis")
  .description("Releases disk keys only to confidential VMs that prove what they are.")
  .version(programVersion())
  // A command's options come after its name: `measure explain` has some of the names of `measure` itself.
  .enablePositionalOptions();
for (const command of [
  serveCommand(),
  vmCommand(),
  launchesCommand(),
  simulateCommand(),
  consoleLinkCommand(),
  collateralCommand(),
  reportCommand(),
  policyCommand(),
  measureCommand(),
  ovmfCommand(),
  hostCommand(),
  diskCommand(),
  idKeyCommand(),
  idBlockCommand(),
  referenceCommand(),
])
  program.addCommand(command);
throwInsteadOfExit(program);

try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  process.exitCode = exitCodeOf(thrown);
}

/** Commander has written its words to stderr, or the help to stdout where it was asked for. */
function exitCodeOf({ exitCode, code, message }: CommanderError): number {
  if (exitCode === 0) return 0;
  if (process.argv.includes("--json") && code !== "commander.help")
    process.stdout.write(`${JSON.stringify({ failure: { code: "cli.usage", sentence: message } }, undefined, 2)}\n`);
  return 2;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
