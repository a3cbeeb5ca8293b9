// Where are keys kept on a machine without a keychain? In one age file (age-encryption.org/v1) under a passphrase, chosen explicitly
// by the owner; `age -d` opens it too. In memory the keys are Secrets. Never overwrites a file that it could not open.
import { Decrypter, Encrypter } from "age-encryption";
import { equalBytes } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { Secret } from "../../base/secret.ts";
import { fromUtf8 } from "../../base/utf8.ts";
import { claimPrivateFile, readBounded, writeAtomically } from "../files.ts";
import { encodeKeyTable, fitsKeyTable, parseKeyTable } from "./key-table.ts";
import type { Result } from "../../base/result.ts";
import type { Keychain } from "../../manager/ports.ts";

export interface SealedFileOptions {
  readonly path: string;
  /** UTF-8. Stays the caller's: a copy is kept, because every change of the file needs it. */
  readonly passphrase: Secret;
  /** True makes a new file and refuses an existing one; false opens an existing one. */
  readonly create: boolean;
}

export interface SealedFileKeychain extends Keychain {
  /** Wipes the keys and the passphrase from memory. */
  close(): void;
}

/** `keychain.exists`, `keychain.absent`, `keychain.wrong-passphrase`, `keychain.empty-passphrase`, `keychain.damaged`, `files.*`. */
export async function openSealedFile(options: SealedFileOptions): Promise<Result<SealedFileKeychain>> {
  if (textOf(options.passphrase) === "") return fail(failure("keychain.empty-passphrase"));
  return options.create ? make(options) : open(options);
}

async function make({ path, passphrase }: SealedFileOptions): Promise<Result<SealedFileKeychain>> {
  const existing = readBounded(path, maximumFile);
  if (!existing.ok) return existing;
  if (existing.value !== undefined) return fail(failure("keychain.exists", path));
  const sealed = await seal(new Map(), passphrase);
  const written = writeAtomically(path, sealed, { replace: false });
  return written.ok ? ok(new SealedFile(path, copyOf(passphrase), new Map())) : written;
}

async function open({ path, passphrase }: SealedFileOptions): Promise<Result<SealedFileKeychain>> {
  const sealed = readBounded(path, maximumFile);
  if (!sealed.ok) return sealed;
  if (sealed.value === undefined) return fail(failure("keychain.absent", path));
  const claimed = claimPrivateFile(path);
  if (!claimed.ok) return claimed;
  const table = await unseal(sealed.value, passphrase);
  return table.ok ? ok(new SealedFile(path, copyOf(passphrase), new Map(table.value))) : fail({ ...table.failure, detail: path });
}

class SealedFile implements SealedFileKeychain {
  readonly backend = "sealed-file";
  readonly #path: string;
  readonly #passphrase: Secret;
  #table: Map<string, Secret>;
  /** One change at a time: two would each write a file without the other's. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string, passphrase: Secret, table: Map<string, Secret>) {
    this.#path = path;
    this.#passphrase = passphrase;
    this.#table = table;
  }

  getSecret(account: string): Promise<Result<Secret>> {
    if (this.#passphrase.wiped) return Promise.resolve(fail(failure("keychain.locked")));
    const secret = this.#table.get(account);
    return Promise.resolve(secret === undefined ? fail(failure("keychain.no-such-key", account)) : ok(copyOf(secret)));
  }

  setSecret(account: string, secret: Secret): Promise<Result<void>> {
    const copy = copyOf(secret);
    return this.#inTurn(async () => {
      const fits = copy.use((bytes) => fitsKeyTable(account, bytes.length));
      const kept = fits ? await this.#replace(new Map([...this.#table, [account, copy]])) : fail(failure("keychain.refused", account));
      if (!kept.ok) copy.wipe();
      return kept;
    });
  }

  deleteSecret(account: string): Promise<Result<void>> {
    return this.#inTurn(() => {
      const table = new Map(this.#table);
      return table.delete(account) ? this.#replace(table) : Promise.resolve(fail(failure("keychain.no-such-key", account)));
    });
  }

  close(): void {
    for (const secret of this.#table.values()) secret.wipe();
    this.#table = new Map();
    this.#passphrase.wipe();
  }

  /** The file first. CRASH: if we stop before the rename, the old file is whole; after it, the new one is. */
  async #replace(table: Map<string, Secret>): Promise<Result<void>> {
    if (this.#passphrase.wiped) return fail(failure("keychain.locked"));
    const sealed = await seal(table, this.#passphrase);
    const written = writeAtomically(this.#path, sealed, { replace: true });
    if (!written.ok) return written;
    const kept = readBounded(this.#path, maximumFile);
    if (!kept.ok) return kept;
    if (kept.value === undefined || !equalBytes(kept.value, sealed)) return fail(failure("keychain.refused", this.#path));
    for (const [account, secret] of this.#table) if (table.get(account) !== secret) secret.wipe();
    this.#table = table;
    return ok(undefined);
  }

  #inTurn(change: () => Promise<Result<void>>): Promise<Result<void>> {
    const turn = this.#queue.then(change);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

async function seal(table: ReadonlyMap<string, Secret>, passphrase: Secret): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(workFactor);
  encrypter.setPassphrase(textOf(passphrase));
  const plain = encodeKeyTable(table);
  try {
    return await encrypter.encrypt(plain);
  } finally {
    plain.fill(0);
  }
}

async function unseal(sealed: Uint8Array, passphrase: Secret): Promise<Result<ReadonlyMap<string, Secret>>> {
  const header = headerOf(sealed);
  if (header === undefined) return fail(failure("keychain.damaged"));
  const opener = new Decrypter();
  opener.addPassphrase(textOf(passphrase));
  let fileKey: Uint8Array;
  try {
    fileKey = await opener.decryptHeader(header);
  } catch (cause) {
    // A changed byte in the header's key cannot be told from a wrong passphrase, by design of age.
    return fail(failure("keychain.wrong-passphrase", undefined, cause));
  }
  const decrypter = new Decrypter();
  // The passphrase has done its work: a second derivation would only cost time.
  decrypter.addIdentity({ unwrapFileKey: () => fileKey });
  let plain: Uint8Array | undefined;
  try {
    plain = await decrypter.decrypt(sealed);
    const table = parseKeyTable(plain);
    return table === undefined ? fail(failure("keychain.damaged")) : ok(table);
  } catch (cause) {
    return fail(failure("keychain.damaged", undefined, cause));
  } finally {
    plain?.fill(0);
  }
}

/** @returns undefined where the file is no age file that a passphrase opens, or asks for more work than we would ever have written. */
function headerOf(sealed: Uint8Array): Uint8Array | undefined {
  // One byte a character, whatever the bytes are.
  const start = Buffer.from(sealed.subarray(0, maximumHeader)).toString("latin1");
  const found = headerForm.exec(start);
  return found === null || Number(found[1]) > highestWorkFactor ? undefined : sealed.slice(0, found[0].length);
}

/** The library takes a passphrase as a string only: it lives until the collector takes it. Bytes that are no text give none. */
function textOf(passphrase: Secret): string {
  return passphrase.use((bytes) => fromUtf8(bytes)) ?? "";
}

function copyOf(secret: Secret): Secret {
  return new Secret(secret.use((bytes) => bytes.slice()));
}

const headerForm = /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n/;
const maximumHeader = 512;
const maximumFile = 2 ** 26;
/** 64 MiB of memory, and about half a second where scrypt is JavaScript. */
const workFactor = 16;
const highestWorkFactor = 20;
