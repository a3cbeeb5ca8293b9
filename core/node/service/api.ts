// What goes before every answer? The role that a method needs, read from the contract itself so that a new method cannot forget it; a bound on open
// questions; and a bug of ours said as a number. The methods themselves: router.ts and routes/.
import { implement, ORPCError } from "@orpc/server";
import { contract } from "../../api/contract.ts";
import { mayCall, type Role } from "../../api/roles.ts";
import { failure, type Failure } from "../../base/failure.ts";
import type { Result } from "../../base/result.ts";
import type { RouterParts } from "./router-parts.ts";
import { failureView } from "./views.ts";

/** One connection. The counts are its own, so that no console can starve another; the library copies contexts, so they are an object. */
export interface Caller {
  readonly role: Role;
  readonly counts: { open: number; watching: number };
}

export function makeCaller(role: Role): Caller {
  return { role, counts: { open: 0, watching: 0 } };
}

/** The contract, ready for its answers. */
export type Api = ReturnType<typeof makeApi>;

export function makeApi(parts: Pick<RouterParts, "errorNumber" | "log">) {
  return implement(contract)
    .$context<Caller>()
    .use(async ({ context, procedure, path, next }) => {
      const { role: needed } = procedure["~orpc"].meta;
      // SECURITY: row 19
      if (!mayCall(context.role, needed)) throw refused(failure("api.not-allowed", path.join(".")));
      if (context.counts.open >= maximumOpen) throw refused(failure("api.busy"));
      context.counts.open += 1;
      try {
        return await next();
      } catch (thrown) {
        if (thrown instanceof ORPCError && expectedErrors.has(String(thrown.code))) throw thrown;
        const number = parts.errorNumber();
        parts.log.write("error", "service.bug", { method: path.join("."), reason: number, detail: bugText(thrown) });
        throw refused(failure("api.internal", number));
      } finally {
        context.counts.open -= 1;
      }
    });
}

export function take<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw refused(result.failure);
}

export function refused(of: Failure): ORPCError<"REFUSED", ReturnType<typeof failureView>> {
  const data = failureView(of);
  return new ORPCError("REFUSED", { message: data.sentence, data });
}

/** For the log alone: the kind of mistake, and where; an error's message may hold what a caller sent. */
function bugText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const where = thrown.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return `${thrown.name} ${where?.trim() ?? ""}`;
}

/** Ours, and the library's word for input that the schema does not know. */
const expectedErrors: ReadonlySet<string> = new Set(["REFUSED", "BAD_REQUEST"]);
const maximumOpen = 32;
