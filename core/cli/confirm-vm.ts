// Does a person at a terminal mean this VM? They type its name. Without a terminal the answer is no: --yes is for whoever looked before.
import { failure } from "../base/failure.ts";
import { askAtTerminal, noTerminal } from "./at-terminal.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

/** @param purpose completes "To …, type the name of the VM". @returns true, or the exit code of the refusal. */
export async function confirmVm(output: Output, name: string, purpose: string): Promise<true | ExitCode> {
  const nobody = noTerminal(output, "--yes");
  if (nobody !== undefined) return output.refuse(nobody);
  const typed = await askAtTerminal(`To ${purpose}, type the name of the VM (${printable(name)}): `);
  return typed === name ? true : output.refuse(failure("cli.not-confirmed"));
}
