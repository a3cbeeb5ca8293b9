// May this request have an answer at all? The checks that stand before every page and every WebSocket of the headless console.
// SECURITY: a page of another site can make a browser send requests here; the host, the origin and the cookie together keep it out.
import type { IncomingHttpHeaders } from "node:http";

/** Named for the port, so that two managers on one machine do not end each other's sessions: cookies do not tell ports apart. */
export function cookieName(port: number): string {
  return `portcullis-session-${port}`;
}

/**
 * The Host header must name this very address: a name that an attacker's DNS points at 127.0.0.1 is refused.
 * @param port the console's own.
 */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** A browser always sends Origin with a WebSocket; one from another page, or none at all, is refused. */
export function isOwnOrigin({ origin, host }: Pick<IncomingHttpHeaders, "origin" | "host">, port: number): boolean {
  return isOwnHost(host, port) && origin === `http://${host}`;
}

/** @returns the session's token where there is exactly one such cookie. */
export function sessionToken(cookies: string | undefined, port: number): string | undefined {
  const prefix = `${cookieName(port)}=`;
  const values = (cookies ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length));
  return values.length === 1 ? values[0] : undefined;
}

/** Not readable by script, never sent along from another site; the console is on loopback, where there is no TLS to demand. */
export function sessionCookie(token: string, port: number): string {
  return `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict`;
}

/** @param target the request target as it came. @returns the path exactly as it came, and the query. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf("?");
  return mark === -1 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** @returns the token of `/open?token=…`, or undefined where the query is anything else. */
export function linkToken(query: string): string | undefined {
  return /^token=([A-Za-z0-9_-]{43})$/.exec(query)?.[1];
}
