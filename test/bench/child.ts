// How are the two sides of a launch kept off each other's event loop? Each is a process; the bench asks, and it answers, one question at a time.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export class Side<Question extends { readonly ask: keyof Answers }, Answers> {
  readonly #child: ChildProcess;

  /** @param program a TypeScript file that calls {@link answerQuestions}. */
  constructor(program: string) {
    this.#child = fork(program, [], {
      serialization: "advanced",
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  async ask<Name extends keyof Answers>(question: Question & { readonly ask: Name }): Promise<Answers[Name]> {
    const child = this.#child;
    child.send(question);
    return new Promise((resolve, reject) => {
      const answered = (answer: unknown): void => {
        child.off("exit", gone);
        resolve(answer as Answers[Name]);
      };
      const gone = (): void => {
        child.off("message", answered);
        reject(new Error(`the process that was asked ${String(question.ask)} has ended`));
      };
      child.once("message", answered);
      child.once("exit", gone);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

export function answerQuestions<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on("message", (question) => {
    answer(question as Question).then(
      (value) => process.send?.(value ?? {}),
      (cause: unknown) => {
        process.stderr.write(`${String(cause instanceof Error ? cause.stack : cause)}\n`);
        process.exit(1);
      },
    );
  });
  process.on("SIGTERM", () => process.exit(0));
}
