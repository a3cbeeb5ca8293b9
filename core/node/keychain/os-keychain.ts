// Where are keys kept? In the operating system's keychain: Secret Service, macOS Keychain or Windows Credential Manager, through
// `keytar` (an alias of @napi-rs/keyring, docs/adr). Never falls back to another store, and never takes the silence of a locked keychain
// for "no key yet".
import { AsyncEntry } from "keytar";
import { equalBytes } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { Secret } from "../../base/secret.ts";
import { systemRandom } from "../random.ts";
import { systemTimers } from "../timers.ts";
import type { Result } from "../../base/result.ts";
import type { Keychain, Timers } from "../../manager/ports.ts";

export interface OsKeychainOptions {
  /** Names the installation, so that two on one machine keep apart. */
  readonly installation: string;
  /** The keychain may ask its owner for a password: this is how long they have. */
  readonly timeoutMs?: number;
  readonly timers?: Timers;
}

/** Writes and reads a probe first. `keychain.missing`: nothing answers; `keychain.locked`: it keeps nothing; `keychain.time-out`. */
export async function openOsKeychain(options: OsKeychainOptions): Promise<Result<Keychain>> {
  const keychain = new OsKeychain(options);
  const works = await keychain.probe();
  return works.ok ? ok(keychain) : works;
}

class OsKeychain implements Keychain {
  readonly backend = backendName;
  readonly #service: string;
  readonly #timeoutMs: number;
  readonly #timers: Timers;
  readonly #entries = new Map<string, AsyncEntry>();
  #probing: Promise<unknown> = Promise.resolve();
  #nextProbe: Promise<Result<void>> | undefined;

  constructor({ installation, timeoutMs = 60_000, timers = systemTimers }: OsKeychainOptions) {
    this.#service = `portcullis/${installation}`;
    this.#timeoutMs = timeoutMs;
    this.#timers = timers;
  }

  async getSecret(account: string): Promise<Result<Secret>> {
    const got = await this.#ask(account, (entry, signal) => entry.getSecret(signal));
    if (!got.ok) return got;
    if (got.value !== null) return ok(secretFrom(got.value));
    // Some keychains say "nothing" while they are locked: only one that keeps a probe now may be believed.
    const works = await this.probe();
    return works.ok ? fail(failure("keychain.no-such-key", account)) : works;
  }

  async setSecret(account: string, secret: Secret): Promise<Result<void>> {
    const copy = secret.use((bytes) => bytes.slice());
    try {
      const set = await this.#ask(account, (entry, signal) => entry.setSecret(copy, signal));
      if (!set.ok) return set;
      const kept = await this.#ask(account, (entry, signal) => entry.getSecret(signal));
      if (!kept.ok) return kept;
      return isKept(kept.value, copy) ? ok(undefined) : fail(failure("keychain.refused", account));
    } finally {
      copy.fill(0);
    }
  }

  async deleteSecret(account: string): Promise<Result<void>> {
    const deleted = await this.#ask(account, (entry, signal) => entry.deleteCredential(signal));
    if (!deleted.ok) return deleted;
    if (deleted.value) return ok(undefined);
    const works = await this.probe();
    return works.ok ? fail(failure("keychain.no-such-key", account)) : works;
  }

  /** One at a time, because two would read each other's value. Who asks while one runs shares the next, which begins after the question. */
  probe(): Promise<Result<void>> {
    this.#nextProbe ??= this.#probing.then(() => {
      this.#nextProbe = undefined;
      const probing = this.#probeNow();
      this.#probing = probing;
      return probing;
    });
    return this.#nextProbe;
  }

  /** Stays in the keychain: reading one that is there is what asks a locked keychain to open. */
  async #probeNow(): Promise<Result<void>> {
    const value = systemRandom.bytes(16);
    const set = await this.#try(probeAccount, (entry, signal) => entry.setSecret(value, signal));
    if (!set.ok) return set;
    const kept = await this.#try(probeAccount, (entry, signal) => entry.getSecret(signal));
    if (!kept.ok) return kept;
    return isKept(kept.value, value) ? ok(undefined) : fail(failure("keychain.locked"));
  }

  /** Why a call failed is told by the probe, not by the text of its error. */
  async #ask<T>(account: string, call: Call<T>): Promise<Result<T>> {
    const answer = await this.#try(account, call);
    if (answer.ok || answer.failure.code !== "keychain.locked") return answer;
    const works = await this.probe();
    return works.ok ? fail(failure("keychain.refused", account, answer.failure.cause)) : works;
  }

  /**
   * Each entry has a connection of its own to the keychain, and making one blocks this thread for some milliseconds: the newest are kept.
   * A "no" or a failure of a kept one is not believed, because its service may have started anew since.
   */
  async #try<T>(account: string, call: Call<T>): Promise<Result<T>> {
    const kept = this.#entries.get(account);
    if (kept !== undefined) {
      const answer = await this.#call(kept, call);
      const isYes = answer.ok && answer.value !== null && answer.value !== false;
      if (isYes || (!answer.ok && answer.failure.code === "keychain.time-out")) return answer;
      this.#entries.delete(account);
    }
    let entry: AsyncEntry;
    try {
      // SECURITY: without a store named, the package falls back to the kernel's keyring, which forgets at reboot.
      entry = new AsyncEntry(this.#service, account, { linux: { store: "secret-service" } });
    } catch (cause) {
      return fail(failure("keychain.missing", undefined, cause));
    }
    const answer = await this.#call(entry, call);
    if (answer.ok) this.#keep(account, entry);
    return answer;
  }

  #keep(account: string, entry: AsyncEntry): void {
    // Insertion order stands in for age.
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= maximumEntries && oldest.done === false) this.#entries.delete(oldest.value);
    this.#entries.set(account, entry);
  }

  #call<T>(entry: AsyncEntry, call: Call<T>): Promise<Result<T>> {
    const abort = new AbortController();
    return new Promise((resolve) => {
      const cancel = this.#timers.after(this.#timeoutMs, () => {
        abort.abort();
        resolve(fail(failure("keychain.time-out")));
      });
      call(entry, abort.signal).then(
        (value) => (cancel(), resolve(ok(value))),
        (cause: unknown) => (cancel(), resolve(fail(failure("keychain.locked", undefined, cause)))),
      );
    });
  }
}

type Call<T> = (entry: AsyncEntry, signal: AbortSignal) => Promise<T>;

/** The package hands out an array of numbers: it is wiped here, as far as that goes. */
function secretFrom(numbers: number[]): Secret {
  const secret = new Secret(Uint8Array.from(numbers));
  numbers.fill(0);
  return secret;
}

function isKept(numbers: number[] | null, bytes: Uint8Array): boolean {
  if (numbers === null) return false;
  const kept = secretFrom(numbers);
  const same = kept.use((read) => equalBytes(read, bytes));
  kept.wipe();
  return same;
}

const probeAccount = "probe";
/** A bus allows each person a few hundred connections, over all of their programs. */
const maximumEntries = 8;
const backends: Partial<Record<NodeJS.Platform, string>> = { darwin: "macos-keychain", win32: "windows-credentials" };
const backendName = backends[process.platform] ?? "secret-service";
