// HOST:PORT in a person's hand: 127.0.0.1:7443, manager.example:7443, [::1]:7443. It resolves no name.
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Loopback: a manager that nobody set up for a network is reached from nowhere else. */
export const defaultListen: HostPort = { host: "127.0.0.1", port: 7443 };

/** `service.listen-address`. Port 0 takes a free one. */
export function parseHostPort(text: string): Result<HostPort> {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) return fail(failure("service.listen-address", text));
  return ok({ host, port });
}

export function hostPortText({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
