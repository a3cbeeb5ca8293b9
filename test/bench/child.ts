// How are the two sides of a launch kept off each other's event loop? Each is a process; the bench asks, and it answers, one question at a time.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** Questions, and the answer to each by its name. */
export interface Talk {
  readonly question: { readonly ask: string };
  readonly answers: object;
}

export class Side<T extends Talk> {
  readonly #child: ChildProcess;

  /** @param program a TypeScript file that calls {@link answerQuestions}. */
  constructor(program: string) {
    this.#child = fork(program, [], {
      serialization: "advanced",
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  async ask<Name extends keyof T["answers"]>(question: T["question"] & { readonly ask: Name }): Promise<T["answers"][Name]> {
    const child = this.#child;
    child.send(question);
    return new Promise((resolve, reject) => {
      const answered = (answer: unknown): void => {
        child.off("exit", gone);
        resolve(answer as T["answers"][Name]);
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

export function answerQuestions<T extends Talk>(answer: (question: T["question"]) => Promise<T["answers"][keyof T["answers"]]>): void {
  process.on("message", (question) => {
    answer(question as T["question"]).then(
      (value) => process.send?.(value),
      (cause: unknown) => {
        process.stderr.write(`${String(cause instanceof Error ? cause.stack : cause)}\n`);
        process.exit(1);
      },
    );
  });
  process.on("SIGTERM", () => process.exit(0));
}
