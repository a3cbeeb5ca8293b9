// How does a page ask the service to do something? One action at a time, its failure kept to be shown beside the control that was used.
import { useState } from "react";
import type { FailureView } from "../../core/api/schemas.ts";
import { failureOf, notReached } from "./failure.ts";
import type { Client } from "./link.ts";
import { useConnection } from "./query.ts";

export interface Action {
  readonly running: boolean;
  readonly failure: FailureView | undefined;
  /** Does nothing while running. `then` gets the answer; it is not called after a failure. */
  run<T>(ask: (client: Client) => Promise<T>, then?: (answer: T) => void): void;
  clear(): void;
}

export function useAction(): Action {
  const connection = useConnection();
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<FailureView>();
  return {
    running,
    failure,
    clear: () => setFailure(undefined),
    run: (ask, then) => {
      if (running) return;
      if (connection.state !== "connected") {
        setFailure(notReached);
        return;
      }
      setRunning(true);
      setFailure(undefined);
      ask(connection.client)
        .then(then, (error: unknown) => setFailure(failureOf(error)))
        .finally(() => setRunning(false));
    },
  };
}
