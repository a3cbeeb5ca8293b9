// How does a command ask a running manager? Over the control socket in the data folder, with the typed contract.
// It starts no manager and reads nothing of the data folder itself.
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { WebSocket } from "ws";
import type { Contract } from "../api/contract.ts";
import { type FailureView, failureView } from "../api/schemas.ts";
import { type Failure, failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { controlSocketPath } from "../node/service/data-folder.ts";

export type ManagerClient = ContractRouterClient<Contract>;

export interface ControlClient {
  readonly api: ManagerClient;
  close(): void;
}

/** `cli.no-manager` where none answers. */
export async function connectManager(dataFolder: string): Promise<Result<ControlClient>> {
  const path = controlSocketPath(dataFolder);
  const webSocket = new WebSocket(`ws+unix:${path}:/api`, { handshakeTimeout: 5_000, perMessageDeflate: false });
  const opened = await new Promise<boolean>((resolve) => {
    webSocket.once("open", () => resolve(true));
    webSocket.once("error", () => resolve(false));
  });
  if (!opened) return fail(failure("cli.no-manager", dataFolder));
  webSocket.on("error", () => {});
  const link = new RPCLink({ websocket: webSocket as unknown as globalThis.WebSocket });
  return ok({ api: createORPCClient<ManagerClient>(link), close: () => webSocket.terminate() });
}

/** What a thrown answer of the manager means for a person. Anything that is not one is thrown on. */
export function refusalOf(thrown: unknown): Failure | FailureView {
  if (!(thrown instanceof ORPCError)) {
    // The library rejects every open call when the connection ends.
    if (thrown instanceof Error && thrown.name === "AbortError") return failure("cli.connection-lost");
    throw thrown;
  }
  const view = failureView.safeParse(thrown.data);
  if (thrown.code === "REFUSED" && view.success) return view.data;
  if (thrown.code === "BAD_REQUEST") return failure("cli.usage", issuesOf(thrown.data));
  throw thrown;
}

function issuesOf(data: unknown): string {
  const issues = typeof data === "object" && data !== null && "issues" in data && Array.isArray(data.issues) ? data.issues : [];
  return issues
    .filter(
      (issue): issue is { path: readonly unknown[]; message: string } => typeof issue === "object" && issue !== null && "path" in issue,
    )
    .map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ");
}
