// How does "Launch a simulated VM" run the agent in the desktop app? Its program cannot be used as Node, so main forks a utility process for it:
// always the one program that was bundled with the app, with two paths that the service names. Its lines and its exit code go back.
import { isAbsolute } from "node:path";
import type { Child } from "./service-host.ts";
import type { FromService, ToService } from "../../core/api/host-messages.ts";

export interface AgentHostParts {
  readonly fork: (args: readonly string[]) => Pick<Child<never>, "onLine" | "onExit" | "kill">;
  readonly tell: (message: ToService) => void;
}

export class AgentHost {
  readonly #parts: AgentHostParts;
  readonly #running = new Map<string, Pick<Child<never>, "kill">>();

  constructor(parts: AgentHostParts) {
    this.#parts = parts;
  }

  hear(message: FromService): void {
    if (message.do === "stop-agent") this.#running.get(message.run)?.kill();
    else if (message.do === "run-agent") this.#start(message);
  }

  stopAll(): void {
    for (const child of this.#running.values()) child.kill();
  }

  #start({ run, configuration, processor }: Extract<FromService, { do: "run-agent" }>): void {
    const { fork, tell } = this.#parts;
    if (this.#running.has(run) || this.#running.size >= maximumAgents || !isAbsolute(configuration) || !isAbsolute(processor)) {
      tell({ do: "agent-ended", run });
      return;
    }
    const child = fork(["--configuration", configuration, "--processor", processor, "--disk-mode", "test"]);
    this.#running.set(run, child);
    child.onLine((line) => tell({ do: "agent-line", run, line }));
    child.onExit((exitCode) => {
      this.#running.delete(run);
      tell({ do: "agent-ended", run, ...(exitCode === undefined ? {} : { exitCode }) });
    });
  }
}

const maximumAgents = 8;
