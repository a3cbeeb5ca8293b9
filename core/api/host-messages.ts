// What do the main process and the service process say to each other, beside the ports? This; everything else is ignored.
// No message carries key material, and none can change the role of a port that exists.
import type { Role } from "./roles.ts";

/** Main to service; with `connect` comes the port. */
export type ToService =
  | { readonly do: "connect"; readonly role: Role }
  | { readonly do: "agent-line"; readonly run: string; readonly line: string }
  | { readonly do: "agent-ended"; readonly run: string; readonly exitCode?: number };

/** Service to main. */
export type FromService =
  | { readonly do: "run-agent"; readonly run: string; readonly configuration: string; readonly processor: string }
  | { readonly do: "stop-agent"; readonly run: string }
  | { readonly do: "ready" }
  /** It cannot start, and a restart would not help. */
  | { readonly do: "failed"; readonly code: string; readonly sentence: string };

/** @returns undefined for anything that the service does not say. */
export function parseFromService(message: unknown): FromService | undefined {
  if (!isRecord(message)) return undefined;
  const { do: what, run, configuration, processor, code, sentence } = message;
  if (what === "ready") return { do: what };
  if (what === "failed" && typeof code === "string" && typeof sentence === "string") return { do: what, code, sentence };
  if (typeof run !== "string") return undefined;
  if (what === "stop-agent") return { do: what, run };
  if (what === "run-agent" && typeof configuration === "string" && typeof processor === "string")
    return { do: what, run, configuration, processor };
  return undefined;
}

/** @returns undefined for anything that main does not say. */
export function parseToService(message: unknown): ToService | undefined {
  if (!isRecord(message)) return undefined;
  const { do: what, role, run, line, exitCode } = message;
  if (what === "connect" && (role === "view" || role === "operate" || role === "approve")) return { do: what, role };
  if (what === "agent-line" && typeof run === "string" && typeof line === "string") return { do: what, run, line };
  if (what === "agent-ended" && typeof run === "string") return { do: what, run, ...(typeof exitCode === "number" ? { exitCode } : {}) };
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
