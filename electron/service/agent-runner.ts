// How does the service run the agent in the desktop app? It asks the main process, which forks the bundled program: a utility process cannot fork.
// Only two paths go there, and only lines and an exit code come back.
import { randomUUID } from "node:crypto";
import type { RunAgent } from "../../core/node/service/simulation/agent-run.ts";
import type { FromService, ToService } from "../../core/api/host-messages.ts";

export class MainAgentRunner {
  readonly #post: (message: FromService) => void;
  readonly #running = new Map<string, { readonly onLine: (line: string) => void; readonly end: (exitCode: number | undefined) => void }>();

  constructor(post: (message: FromService) => void) {
    this.#post = post;
  }

  readonly run: RunAgent = ({ configuration, processor }, onLine) => {
    const run = randomUUID();
    const ended = Promise.withResolvers<number | undefined>();
    this.#running.set(run, { onLine, end: ended.resolve });
    this.#post({ do: "run-agent", run, configuration, processor });
    return { ended: ended.promise, stop: () => this.#post({ do: "stop-agent", run }) };
  };

  hear(message: Exclude<ToService, { do: "connect" }>): void {
    const running = this.#running.get(message.run);
    if (message.do === "agent-line") return running?.onLine(message.line);
    this.#running.delete(message.run);
    running?.end(message.exitCode);
  }
}
