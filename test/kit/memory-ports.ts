// The manager's small ports, in memory and in the test's hand: time that is turned, a keychain that can be locked, a collateral source that
// can be down, slow or lying, and randomness that is the same in every run.
import { createHash } from "node:crypto";
import { failure } from "../../core/base/failure.ts";
import { fail, ok, type Result } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import type { Clock, Instant } from "../../core/base/clock.ts";
import type { Random } from "../../core/base/random.ts";
import type { Collateral, CollateralProgress, CollateralQuery, CollateralSource, Keychain, Timers } from "../../core/manager/ports.ts";

export class TestTime implements Clock, Timers {
  #wall: Instant;
  #passed = 0;
  #timers = new Set<{ readonly due: number; readonly callback: () => void }>();

  constructor(at: Instant) {
    this.#wall = at;
  }

  now(): Instant {
    return this.#wall + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#passed + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Calls back whatever falls due, in order. */
  advance(ms: number): void {
    const until = this.#passed + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#passed = Math.max(this.#passed, next.due);
      next.callback();
    }
    this.#passed = until;
  }

  /** The wall clock jumps; monotonic time does not. */
  turn(ms: number): void {
    this.#wall += ms;
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

/** SHA-256 in counter mode: the same bytes for the same seed. */
export function seededRandom(seed: string): Random {
  let block = 0;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) {
        const digest = createHash("sha256").update(`${seed} ${block++}`).digest();
        bytes.set(digest.subarray(0, Math.min(32, length - at)), at);
      }
      return bytes;
    },
  };
}

export class MemoryKeychain implements Keychain {
  readonly backend = "memory";
  readonly kept = new Map<string, Uint8Array>();
  /** Every secret that was handed out, so that a test can ask whether all were wiped. */
  readonly lent: Secret[] = [];
  locked = false;
  /** While set, nobody gets an answer until {@link letGo}. */
  holding = false;
  #held: (() => void)[] = [];
  refusesWrites = false;

  async getSecret(account: string): Promise<Result<Secret>> {
    if (this.holding) await new Promise<void>((resolve) => this.#held.push(resolve));
    await Promise.resolve();
    if (this.locked) return fail(failure("keychain.locked"));
    const bytes = this.kept.get(account);
    if (bytes === undefined) return fail(failure("keychain.no-such-key", account));
    const secret = new Secret(bytes.slice());
    this.lent.push(secret);
    return ok(secret);
  }

  async setSecret(account: string, secret: Secret): Promise<Result<void>> {
    await Promise.resolve();
    if (this.locked || this.refusesWrites) return fail(failure("keychain.locked"));
    this.kept.set(
      account,
      secret.use((bytes) => bytes.slice()),
    );
    return ok(undefined);
  }

  letGo(): void {
    this.holding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  async deleteSecret(account: string): Promise<Result<void>> {
    await Promise.resolve();
    this.kept.delete(account);
    return ok(undefined);
  }
}

/** One process's way to the keychain. Once the process is dead it changes nothing there, and hears of nothing. */
export class KeychainDoor implements Keychain {
  readonly #keychain: MemoryKeychain;
  #open = true;

  constructor(keychain: MemoryKeychain) {
    this.#keychain = keychain;
  }

  get backend(): string {
    return this.#keychain.backend;
  }

  shut(): void {
    this.#open = false;
  }

  getSecret(account: string): Promise<Result<Secret>> {
    return this.#keychain.getSecret(account);
  }

  setSecret(account: string, secret: Secret): Promise<Result<void>> {
    return this.#open ? this.#keychain.setSecret(account, secret) : new Promise(() => {});
  }

  deleteSecret(account: string): Promise<Result<void>> {
    return this.#open ? this.#keychain.deleteSecret(account) : new Promise(() => {});
  }
}

/** Answers with what it was given, unless a test says otherwise. */
export class ScriptedCollateral implements CollateralSource {
  collateral: Collateral;
  readonly asked: CollateralQuery[] = [];
  next: "answer" | "down" | "silent" | "throws" = "answer";
  #held: (() => void)[] = [];
  holding = false;
  /** Until when a question that is held is said to take. */
  says: Instant = 0;
  /** What was told of the wait goes on being told through this, as a queue does. */
  tell: CollateralProgress = () => {};

  constructor(collateral: Collateral = { certificates: [], crls: [] }) {
    this.collateral = collateral;
  }

  async fetch(wanted: CollateralQuery, progress: CollateralProgress): Promise<Result<Collateral>> {
    this.tell = progress;
    this.asked.push(wanted);
    if (this.next === "silent") return new Promise(() => {});
    if (this.next === "throws") throw new TypeError("a bug in the source");
    if (this.holding) {
      progress(this.says);
      await new Promise<void>((resolve) => this.#held.push(resolve));
    }
    await Promise.resolve();
    return this.next === "down" ? fail(failure("kds.unavailable")) : ok(this.collateral);
  }

  /** Lets every question that is held have its answer. */
  letGo(): void {
    this.holding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}
