// Opens and closes the simulator's servers, so that "the address cannot be used" is an answer and not an event.
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import type { ListenOptions, Server } from "node:net";
import type { Result } from "../../base/result.ts";

export function listen(server: Server, where: ListenOptions): Promise<Result<true>> {
  return new Promise((resolve) => {
    const address = where.path ?? `${where.host ?? ""}:${where.port ?? 0}`;
    const refused = (cause: Error): void => resolve(fail(failure("simulator.address-unusable", address, cause)));
    server.once("error", refused);
    server.listen(where, () => {
      server.off("error", refused);
      resolve(ok(true));
    });
  });
}

/** Resolves when nothing listens any more; connections are the caller's to end. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
