// May this address open one more connection? Caps in total and per address, and a token bucket per address, all in bounded memory.
// Decided before anything is allocated for TLS. Knows nothing of sockets; time comes in as a number.
import { isIP } from "node:net";

export interface GateLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** New connections that one address may open at once. */
  readonly burst: number;
  readonly refillPerSecond: number;
  /** Addresses that are told apart; further ones share a bucket. */
  readonly addresses: number;
}

export class ConnectionGate {
  readonly #limits: GateLimits;
  readonly #sources = new Map<string, Source>();
  #open = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** @param now monotonic milliseconds. @returns what to call once when the connection is gone; undefined where it must be cut. */
  admit(address: string, now: number): (() => void) | undefined {
    const source = this.#source(sourceOf(address), now);
    const full = this.#open >= this.#limits.connections || source.open >= this.#limits.connectionsPerAddress;
    if (full || source.tokens < 1) return undefined;
    source.tokens--;
    source.open++;
    this.#open++;
    return () => {
      source.open--;
      this.#open--;
    };
  }

  #source(name: string, now: number): Source {
    const known = this.#sources.get(name) ?? this.#newSource(name, now);
    const { burst, refillPerSecond } = this.#limits;
    known.tokens = Math.min(burst, known.tokens + ((now - known.at) * refillPerSecond) / 1000);
    known.at = now;
    return known;
  }

  /** A source that is back at its full bucket and has nothing open tells us nothing: it makes room. */
  #newSource(name: string, now: number): Source {
    const { addresses, burst, refillPerSecond } = this.#limits;
    if (this.#sources.size >= addresses) {
      for (const [other, { open, tokens, at }] of this.#sources) {
        if (open === 0 && tokens + ((now - at) * refillPerSecond) / 1000 >= burst) this.#sources.delete(other);
      }
    }
    const shared = this.#sources.size >= addresses;
    const key = shared ? others : name;
    const source = this.#sources.get(key) ?? { open: 0, tokens: burst, at: now };
    this.#sources.set(key, source);
    return source;
  }
}

interface Source {
  open: number;
  tokens: number;
  at: number;
}

/** Whoever has one IPv6 address has its whole /64. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}

const others = "others";
