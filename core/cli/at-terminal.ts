// What does the person at this terminal type? Without a terminal nobody is asked: the option in its place is for whoever looked before.
import { createInterface } from "node:readline/promises";
import { failure, type Failure } from "../base/failure.ts";
import type { Output } from "./output.ts";

/** @param option what to give where nobody can be asked. `cli.needs-terminal`. */
export function noTerminal({ json }: Output, option: string): Failure | undefined {
  return json || !process.stdin.isTTY || !process.stdout.isTTY ? failure("cli.needs-terminal", option) : undefined;
}

/** Without white space around it. Ask {@link noTerminal} first. */
export async function askAtTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
