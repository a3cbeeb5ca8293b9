// What the program tells its operator while it runs. Only fields named here can be logged, so that a secret has no
// name to be logged under; adding a field is a decision made in this file.

export type LogLevel = "debug" | "info" | "warn" | "error";

/** The allow-list. Values are short facts: ids, codes, counts, addresses, digests in hex. Never key material, never free-form input. */
export const logFields = [
  "address",
  "attempt",
  "bytes",
  "code",
  "configuration",
  "count",
  "detail",
  "disk",
  "durationMs",
  "evidence",
  "exitCode",
  "file",
  "launch",
  "method",
  "path",
  "phase",
  "pid",
  "port",
  "product",
  "reason",
  "role",
  "sequence",
  "signal",
  "simulated",
  "state",
  "until",
  "version",
  "vm",
] as const;

export type LogField = (typeof logFields)[number];
export type LogFields = { readonly [field in LogField]?: string | number | boolean };

export interface Log {
  /** @param event dotted, stable, e.g. `launch.refused`. */
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

/** For callers that have nothing to say. */
export const silentLog: Log = { write() {} };
