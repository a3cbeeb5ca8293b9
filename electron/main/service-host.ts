// Who keeps the service process alive? This file: it starts it with a stated environment and no arguments of ours, reads its lines, and starts it again
// where it dies, but not for ever. SECURITY: row 24. Electron's utilityProcess comes in from outside, so that a forked Node child can take its place.

/** What is asked of a child process. */
export interface Child<Port> {
  post(message: unknown, ports: readonly Port[]): void;
  onMessage(listener: (message: unknown) => void): void;
  onLine(listener: (line: string) => void): void;
  onExit(listener: (code: number | undefined) => void): void;
  kill(): void;
}

export interface ForkOptions {
  /** SECURITY: row 24: all of it; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: readonly [];
}

export interface ServiceHostParts<Port> {
  readonly fork: (options: ForkOptions) => Child<Port>;
  readonly env: Readonly<Record<string, string>>;
  readonly onMessage: (message: unknown) => void;
  readonly onLine: (line: string) => void;
  /** Called after every start, the first one too: ports of an earlier process are dead. */
  readonly onStart: () => void;
  /** The service died too often. */
  readonly onGivenUp: () => void;
  readonly monotonic: () => number;
  readonly after: (ms: number, callback: () => void) => () => void;
}

export class ServiceHost<Port> {
  readonly #parts: ServiceHostParts<Port>;
  #child: Child<Port> | undefined;
  #starts: number[] = [];
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor(parts: ServiceHostParts<Port>) {
    this.#parts = parts;
  }

  start(): void {
    const { fork, env, onLine, onMessage, onStart, monotonic } = this.#parts;
    this.#starts = [...this.#starts.filter((at) => monotonic() - at < restartWindow), monotonic()];
    const child = fork({ env, execArgv: [] });
    this.#child = child;
    child.onLine(onLine);
    child.onMessage(onMessage);
    child.onExit(() => this.#died(child));
    onStart();
  }

  /** @returns false where no service runs; the ports are then the caller's to close. */
  post(message: unknown, ports: readonly Port[] = []): boolean {
    this.#child?.post(message, ports);
    return this.#child !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#child?.kill();
  }

  #died(child: Child<Port>): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#stopped) return;
    if (this.#starts.length >= maximumStarts) return this.#parts.onGivenUp();
    this.#cancel = this.#parts.after(restartDelay, () => this.start());
  }
}

/** @param environment of the main process. @returns what the service needs of it: its person's folders and the way to their keychain. */
export function serviceEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of environmentNames) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

const environmentNames = [
  "HOME",
  "PATH",
  "LANG",
  "TMPDIR",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "APPDATA",
  "LOCALAPPDATA",
  "USERPROFILE",
  "SYSTEMROOT",
  "TEMP",
] as const;
export const maximumStarts = 5;
export const restartWindow = 60_000;
const restartDelay = 1_000;
