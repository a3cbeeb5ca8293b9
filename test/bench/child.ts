// How are the two sides of a launch kept off each other's event loop? Each is a process; the bench asks, and it answers, one question at a time.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Questions, and the answer to each by its name. */
export interface Talk {
  readonly question: { readonly ask: string };
  readonly answers: object;
}

export class Side<T extends Talk> {
  readonly #child: ChildProcess;
  /** The signal that ended it, or its exit code. */
  readonly ended: Promise<string | number>;

  /** @param program a TypeScript file that calls {@link answerQuestions}. */
  constructor(program: string, words: readonly string[] = []) {
    this.#child = fork(program, words, {
      env: { ...process.env, NODE_COMPILE_CACHE: codeCache },
      serialization: "advanced",
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.ended = once(this.#child, "exit").then(([code, signal]: (string | number | null)[]) => signal ?? code ?? "");
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
        reject(new Error(`the process that was asked ${question.ask} has ended`));
      };
      child.once("message", answered);
      child.once("exit", gone);
    });
  }

  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended;
  }
}

/** For processes that tests start by the hundred: reading TypeScript anew each time takes longer than what they do. */
export const codeCache = join(import.meta.dirname, "../../node_modules/.cache/portcullis-test-code");

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
  // Whoever asks is gone.
  process.on("disconnect", () => process.exit(0));
}
