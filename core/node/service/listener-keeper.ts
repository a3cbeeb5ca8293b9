// Does the manager listen for launches, and if not, why? Opens the TLS listener and, where that fails, tries again by itself: a port in use is often
// free a little later. The console runs on meanwhile and says what is wrong.
import type { StatusView } from "../../api/schemas.ts";
import type { Clock } from "../../base/clock.ts";
import { type Failure, failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Channel, Timers } from "../../manager/ports.ts";
import type { TlsAuthority } from "../tls/authority.ts";
import { type Listener, type ListenerLimits, listen } from "../tls/listener.ts";
import { type HostPort, hostPortText } from "./address.ts";
import { failureView } from "./views.ts";

export interface ListenerKeeperParts {
  readonly listen: HostPort;
  readonly advertise?: string;
  readonly limits: Partial<ListenerLimits>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly onChange: () => void;
}

export class ListenerKeeper {
  readonly #parts: ListenerKeeperParts;
  #listener: Listener | undefined;
  #failure: Failure | undefined;
  #again: (() => Promise<Result<void>>) | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(parts: ListenerKeeperParts) {
    this.#parts = parts;
  }

  async open(authority: TlsAuthority, onChannel: (channel: Channel) => void): Promise<void> {
    const { host, port } = this.#parts.listen;
    const { clock, timers, log, limits, onChange } = this.#parts;
    this.#again = async () => {
      if (this.#listener !== undefined || this.#closed) return ok(undefined);
      const listener = await listen({ host, port, authority, limits, clock, timers, log, onChannel });
      if (listener.ok) this.#listener = listener.value;
      else if (this.#failure?.code !== listener.failure.code)
        log.write("error", "listener.unavailable", { code: listener.failure.code, address: hostPortText({ host, port }) });
      this.#failure = listener.ok ? undefined : listener.failure;
      if (!listener.ok) this.#tryLater();
      onChange();
      return listener.ok ? ok(undefined) : listener;
    };
    await this.#again();
  }

  /** `service.not-ready` before there is an authority. */
  retry(): Promise<Result<void>> {
    return this.#again === undefined ? Promise.resolve(fail(failure("service.not-ready"))) : this.#again();
  }

  /** What an agent on this machine dials. `simulation.listener`. */
  localEndpoint(): Result<string> {
    if (this.#listener === undefined) return fail(failure("simulation.listener"));
    return ok(hostPortText({ host: dialled(this.#parts.listen.host), port: this.#listener.port }));
  }

  view(): StatusView["listener"] {
    if (this.#listener !== undefined) {
      const local = this.localEndpoint();
      const endpoint = this.#parts.advertise ?? (local.ok ? local.value : undefined);
      return {
        state: "listening",
        address: hostPortText({ host: this.#listener.address, port: this.#listener.port }),
        ...(endpoint === undefined ? {} : { endpoint }),
      };
    }
    if (this.#failure === undefined) return { state: "stopped" };
    return { state: "failed", address: hostPortText(this.#parts.listen), failure: failureView(this.#failure) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#listener?.close();
    this.#listener = undefined;
  }

  #tryLater(): void {
    this.#cancel?.();
    if (!this.#closed) this.#cancel = this.#parts.timers.after(retryEvery, () => void this.#again?.());
  }
}

/** Nobody can dial "every address"; on this machine, loopback is one of them. */
function dialled(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

const retryEvery = 15_000;
