// Which keychain does this installation use, and is it open? The choice is recorded once and never changed or fallen back from: a recorded keychain
// that does not answer is missing or locked, never a reason to begin anew. docs/threat-model.md, "keys at rest".
import type { StatusView } from "../../api/schemas.ts";
import { type Failure, failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { Secret } from "../../base/secret.ts";
import { utf8 } from "../../base/utf8.ts";
import type { Keychain, Store } from "../../manager/ports.ts";
import type { KeychainChoice } from "./router-parts.ts";

/** The ways to a keychain; adapters are in core/node/keychain. */
export interface KeychainDoors {
  /** The operating system's: it answers, and keeps a probe. */
  openOs(): Promise<Result<OpenKeychain>>;
  /** Does not take ownership of the passphrase. `mayMake`: makes the file where there is none. */
  openSealedFile(passphrase: Secret, mayMake: boolean): Promise<Result<OpenKeychain>>;
}

export interface OpenKeychain extends Keychain {
  /** Wipes what it holds in memory. */
  close?(): void;
}

export interface KeychainChoiceParts {
  readonly doors: KeychainDoors;
  readonly store: Pick<Store, "setting" | "saveSetting">;
  readonly log: Log;
}

export class ChosenKeychain {
  readonly #parts: KeychainChoiceParts;
  #open: OpenKeychain | undefined;
  #failure: Failure = failure("service.not-ready");
  #osAnswers = false;
  /** One attempt at a time: two passphrases at once would race for the file. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: KeychainChoiceParts) {
    this.#parts = parts;
  }

  /** Fails with the reason why there is none. */
  get(): Result<Keychain> {
    return this.#open === undefined ? fail(this.#failure) : ok(this.#open);
  }

  view(): StatusView["keychain"] {
    const backend = this.#open?.backend ?? this.#recorded();
    return {
      state:
        this.#open !== undefined
          ? "ready"
          : this.#recorded() === undefined
            ? "unset"
            : missingCodes.has(this.#failure.code)
              ? "missing"
              : "locked",
      ...(backend === undefined ? {} : { backend }),
      osKeychainAnswers: this.#osAnswers,
    };
  }

  failure(): Failure | undefined {
    return this.#open === undefined ? this.#failure : undefined;
  }

  /**
   * At start. Without a choice so far, the system's keychain is taken where it answers: it is the stated default. The sealed file is only ever taken
   * when a person asks for it.
   */
  start(asked: KeychainChoice | undefined): Promise<Result<void>> {
    return this.#inTurn(async () => {
      const recorded = this.#recorded();
      if (asked !== undefined && recorded !== undefined && isSealed(recorded) !== (asked.backend === "sealed-file"))
        return this.#refuse(failure("keychain.another-backend", recorded));
      if (recorded !== undefined && isSealed(recorded))
        return asked?.backend === "sealed-file" ? this.#unlock(asked.passphrase) : this.#refuse(failure("service.keychain-passphrase"));
      if (asked?.backend === "sealed-file") return this.#takeSealedFile(asked.passphrase);
      return this.#takeOs(recorded);
    });
  }

  choose(choice: KeychainChoice): Promise<Result<void>> {
    return this.#inTurn(async () => {
      if (this.#recorded() !== undefined) return fail(failure("service.keychain-chosen"));
      return choice.backend === "os" ? this.#takeOs(undefined) : this.#takeSealedFile(choice.passphrase);
    });
  }

  unlock(passphrase: string | undefined): Promise<Result<void>> {
    return this.#inTurn(async () => {
      const recorded = this.#recorded();
      if (this.#open !== undefined) return ok(undefined);
      if (recorded === undefined) return fail(failure("service.keychain-unset"));
      if (!isSealed(recorded)) return this.#takeOs(recorded);
      return passphrase === undefined ? this.#refuse(failure("service.keychain-passphrase")) : this.#unlock(passphrase);
    });
  }

  close(): void {
    this.#open?.close?.();
  }

  async #takeOs(recorded: string | undefined): Promise<Result<void>> {
    const opened = await this.#parts.doors.openOs();
    this.#osAnswers = opened.ok;
    if (!opened.ok) {
      // Nothing chosen and nothing there: a person has to say what they want.
      if (recorded === undefined) this.#refuse(failure("service.keychain-unset"));
      return recorded === undefined ? fail(opened.failure) : this.#refuse(opened.failure);
    }
    // SECURITY: row 20: another backend than the recorded one does not hold our keys, and is never filled anew.
    if (recorded !== undefined && recorded !== opened.value.backend) return this.#refuse(failure("keychain.another-backend", recorded));
    return this.#take(opened.value);
  }

  async #takeSealedFile(passphrase: string): Promise<Result<void>> {
    const secret = new Secret(utf8(passphrase));
    try {
      // CRASH: a file without a record is one whose maker stopped before it was recorded; its passphrase opens it.
      const opened = await this.#parts.doors.openSealedFile(secret, true);
      return opened.ok ? this.#take(opened.value) : fail(opened.failure);
    } finally {
      secret.wipe();
    }
  }

  async #unlock(passphrase: string): Promise<Result<void>> {
    const secret = new Secret(utf8(passphrase));
    try {
      const opened = await this.#parts.doors.openSealedFile(secret, false);
      return opened.ok ? this.#take(opened.value) : this.#refuse(opened.failure);
    } finally {
      secret.wipe();
    }
  }

  #take(keychain: OpenKeychain): Result<void> {
    const { log, store } = this.#parts;
    if (this.#recorded() === undefined) {
      const saved = store.saveSetting(setting, keychain.backend);
      if (!saved.ok) return this.#refuse(saved.failure);
      log.write("info", "keychain.chosen", { state: keychain.backend });
    }
    this.#open = keychain;
    return ok(undefined);
  }

  #refuse(reason: Failure): Result<void> {
    this.#failure = reason;
    return fail(reason);
  }

  #recorded(): string | undefined {
    return this.#parts.store.setting(setting);
  }

  #inTurn(work: () => Promise<Result<void>>): Promise<Result<void>> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function isSealed(backend: string): boolean {
  return backend === "sealed-file";
}

const setting = "keychain.backend";
const missingCodes: ReadonlySet<string> = new Set(["keychain.missing", "keychain.absent", "keychain.another-backend"]);
