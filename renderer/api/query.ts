// How does a page read from the service? One question by key: loaded, loaded again when a change event concerns it and after a lost
// connection. What was known stays on the page while it is renewed or out of reach.
import { createContext, use, useEffect, useEffectEvent, useReducer, useState, useSyncExternalStore } from "react";
import type { ChangeEvent, FailureView } from "../../core/api/schemas.ts";
import { failureOf, notReached } from "./failure.ts";
import type { Client } from "./link.ts";
import type { Connection, Service } from "./service.ts";

export const ServiceContext = createContext<Service | undefined>(undefined);

export function useService(): Service {
  const service = use(ServiceContext);
  if (service === undefined) throw new Error("a page is shown outside its service");
  return service;
}

export function useConnection(): Connection {
  const service = useService();
  return useSyncExternalStore(service.watch, () => service.connection);
}

export type Query<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly failure: FailureView; readonly retry: () => void }
  | { readonly state: "ready"; readonly value: T };

export interface Question<T> {
  /** Another key is another question: the old answer is dropped. */
  readonly key: string;
  ask(client: Client): Promise<T>;
  /** Does this change concern the answer? */
  concerns(event: ChangeEvent): boolean;
}

export function useQuery<T>(question: Question<T>): Query<T> {
  const service = useService();
  const connection = useConnection();
  const client = connection.state === "connected" ? connection.client : undefined;
  const [answer, setAnswer] = useState<{ readonly key: string; readonly query: Query<T> }>();
  const [round, askAgain] = useReducer((count: number) => count + 1, 0);
  const ask = useEffectEvent((of: Client) => question.ask(of));
  // Whatever stood in the way of an answer may be gone when the state of the service is another.
  const concerns = useEffectEvent(
    (event: ChangeEvent) => question.concerns(event) || (event.kind === "status" && answer?.query.state === "failed"),
  );
  const { key } = question;

  useEffect(
    () =>
      service.onChange((event) => {
        if (concerns(event)) askAgain();
      }),
    [service],
  );

  useEffect(() => {
    if (client === undefined) return undefined;
    // Answers may overtake each other: only the newest question's counts.
    let newest = true;
    const keep = (query: Query<T>): void => {
      if (newest) setAnswer({ key, query });
    };
    ask(client).then(
      (value) => keep({ state: "ready", value }),
      (error: unknown) => {
        const failure = failureOf(error);
        // A dropped connection is the banner's business; it must not wipe what the page shows.
        if (failure !== notReached) keep({ state: "failed", failure, retry: askAgain });
      },
    );
    return () => {
      newest = false;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another round asks the same question again
  }, [client, key, round]);

  return answer?.key === key ? answer.query : { state: "loading" };
}
