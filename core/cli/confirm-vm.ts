// Does a person at a terminal mean this VM? They type its name. Without a terminal the answer is no: --yes is for whoever looked before.
import { createInterface } from "node:readline/promises";
import { failure } from "../base/failure.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

/** @param purpose completes "To …, type the name of the VM". @returns true, or the exit code of the refusal. */
export async function confirmVm(output: Output, name: string, purpose: string): Promise<true | ExitCode> {
  if (output.json || !process.stdin.isTTY || !process.stdout.isTTY) return output.refuse(failure("cli.needs-terminal", "--yes"));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question(`To ${purpose}, type the name of the VM (${printable(name)}): `);
    return typed.trim() === name ? true : output.refuse(failure("cli.not-confirmed"));
  } finally {
    terminal.close();
  }
}
