// How does a command answer? An answer goes to stdout, as text or as one JSON value; a "no" is one sentence with its code on stderr,
// and with --json an object on stdout as well. Exit codes: 0 yes, 1 no, 2 bad usage or unreadable input. It never writes a secret: it is given none.
import { type Failure, sentenceOf } from "../base/failure.ts";
import type { FailureView } from "../api/schemas.ts";

export type ExitCode = 0 | 1 | 2;

export interface Output {
  readonly json: boolean;
  /** @param text for a person; made only where it is shown. */
  answer(value: unknown, text: () => string): void;
  /** A line for a person who waits; nothing with --json. */
  progress(line: string): void;
  /** A line for a person beside the answer, on stderr: the answer may go into a file. */
  note(line: string): void;
  refuse(failure: Failure | FailureView): ExitCode;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    answer(value, text) {
      process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text()}\n`);
    },
    progress(line) {
      if (!json) process.stdout.write(`${printable(line)}\n`);
    },
    note(line) {
      process.stderr.write(`${printable(line)}\n`);
    },
    refuse(failure) {
      const { code, sentence } = "sentence" in failure ? failure : { code: failure.code, sentence: sentenceOf(failure) };
      if (json) process.stdout.write(`${JSON.stringify({ failure: { code, sentence } }, undefined, 2)}\n`);
      process.stderr.write(`${printable(sentence)} [${code}]\n`);
      return usageCodes.has(code) ? 2 : 1;
    },
  };
}

/** A pipe that closes early (`portcullis launches list | head -1`) is not a failure of ours, and ends no manager. */
export function endureClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

/** SECURITY: names and details may come from a VM; nothing of them may steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "?");
}

const usageCodes: ReadonlySet<string> = new Set(["cli.usage", "cli.unreadable", "cli.needs-terminal"]);
