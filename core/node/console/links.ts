// Who may open the console in a browser? Whoever holds a link that was just printed: used once, for ten minutes, then a cookie takes its place.
// Only digests of tokens are kept, so that a dump of this memory opens nothing. Never written to disk: a restart ends every link and session.
import { createHash } from "node:crypto";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";

export type LinkUse = "accepted" | "used" | "expired" | "unknown";

export class ConsoleLinks {
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #links = new Map<string, { readonly due: number; used: boolean }>();

  constructor(random: Random, clock: Clock) {
    this.#random = random;
    this.#clock = clock;
  }

  /** @returns a token of 256 bits as base64url, and when it expires by the wall clock. */
  issue(): { readonly token: string; readonly expiresAt: Instant } {
    if (this.#links.size >= maximumLinks) this.#links.delete(this.#links.keys().next().value ?? "");
    const token = makeToken(this.#random);
    this.#links.set(digestOf(token), { due: this.#clock.monotonic() + linkLifetime, used: false });
    return { token, expiresAt: this.#clock.now() + linkLifetime };
  }

  /** The one use. The lookup goes by digest, so its time tells nothing about a token. */
  take(token: string): LinkUse {
    const link = this.#links.get(digestOf(token));
    if (link === undefined) return "unknown";
    if (link.used) return "used";
    if (this.#clock.monotonic() >= link.due) return "expired";
    link.used = true;
    return "accepted";
  }
}

export class ConsoleSessions {
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, { due: number }>();

  constructor(random: Random, clock: Clock) {
    this.#random = random;
    this.#clock = clock;
  }

  /** @returns the cookie's value. The oldest session ends where there are too many. */
  open(): string {
    if (this.#sessions.size >= maximumSessions) this.#sessions.delete(this.#sessions.keys().next().value ?? "");
    const token = makeToken(this.#random);
    this.#sessions.set(digestOf(token), { due: this.#clock.monotonic() + sessionLifetime });
    return token;
  }

  /** Every use begins the time anew. */
  knows(token: string): boolean {
    const session = this.#sessions.get(digestOf(token));
    const now = this.#clock.monotonic();
    if (session === undefined || now >= session.due) return false;
    session.due = now + sessionLifetime;
    return true;
  }
}

function makeToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString("base64url");
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

export const linkLifetime = 10 * 60 * 1000;
export const sessionLifetime = 12 * 60 * 60 * 1000;
const maximumLinks = 64;
const maximumSessions = 16;
