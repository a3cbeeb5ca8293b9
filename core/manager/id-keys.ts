// Which keys does an owner sign with, and who may have them? Each private key is in the keychain alone, under its name, and is read for the
// length of one signature. What is known of it is in the store, so that listing asks no keychain. SECURITY: no key, and nothing made of one
// but signatures, leaves from here.
import { equalBytes, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { reasonFrom } from "./approvals.ts";
import type { ManagerContext } from "./context.ts";
import { digestOf, keyAddedFacts, keyRemovedFacts, pointOf } from "./id-key-facts.ts";
import type { IdKeyPurpose, IdKeyRecord } from "./id-key-records.ts";
import type { VmRecord } from "./records.ts";

export interface NewIdKey {
  readonly name: string;
  readonly purpose: IdKeyPurpose;
  /** One that exists already: 48 bytes, big endian. Stays the caller's to wipe. A fresh one is made where it is not given. */
  readonly scalar?: Secret;
}

export interface IdKeyRemoval {
  readonly name: string;
  /** The name again. */
  readonly confirm: string;
  readonly reason: string;
}

export class IdKeys {
  readonly #context: ManagerContext;
  /** One change at a time: two of one name would each think that theirs is the keychain's. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: ManagerContext) {
    this.#context = context;
  }

  /** Newest first. */
  list(): readonly IdKeyRecord[] {
    return this.#context.ports.store.idKeys().toReversed();
  }

  /** `id-key.unknown`, `id-key.purpose`. */
  find(name: string, purpose?: IdKeyPurpose): Result<IdKeyRecord> {
    const key = this.#context.ports.store.idKeys().find((one) => one.name === name);
    if (key === undefined) return fail(failure("id-key.unknown", name.slice(0, 64)));
    return purpose === undefined || key.purpose === purpose ? ok(key) : fail(failure("id-key.purpose", `${name}: ${key.purpose}`));
  }

  /** VMs whose plan names the key, or whose policy demands it. @param vms where they are at hand. */
  usedBy(key: IdKeyRecord, vms: readonly VmRecord[] = this.#context.ports.store.vms()): readonly VmRecord[] {
    const digest = digestOf(key, this.#context.ports.primitives);
    return vms.filter(({ hostPlan, policy: { checks } }) => {
      const named = key.purpose === "id" ? hostPlan?.idKey : key.purpose === "author" ? hostPlan?.authorKey : undefined;
      const demands = [checks.idKeyDigest, checks.authorKeyDigest];
      return named === key.name || demands.some((demand) => "require" in demand && demand.require.includes(digest));
    });
  }

  /** `id-key.name`, `id-key.taken`, `id-key.left-over`, `id-key.too-many`, `id-key.curve`, `keychain.*`, `store.*`. */
  add(question: NewIdKey): Promise<Result<IdKeyRecord>> {
    return this.#inTurn(() => this.#add(question));
  }

  /** For ever. `id-key.in-use`, `id-key.not-confirmed`. */
  remove(question: IdKeyRemoval): Promise<Result<void>> {
    return this.#inTurn(() => this.#remove(question));
  }

  /** r||s over `message`, verified. `id-key.mismatch` where the keychain holds another key than was recorded. */
  async sign(key: IdKeyRecord, message: Uint8Array): Promise<Result<Uint8Array>> {
    const { keychain, signing } = this.#context.ports;
    const read = await keychain.getSecret(idKeyAccount(key.name));
    if (!read.ok) return read;
    try {
      return read.value.use((scalar) => {
        const point = signing.publicKeyP384(scalar);
        if (point === undefined || !equalBytes(point, pointOf(key))) return fail(failure("id-key.mismatch", key.name));
        return ok(signing.signP384(scalar, message));
      });
    } finally {
      read.value.wipe();
    }
  }

  async #add({ name, purpose, scalar }: NewIdKey): Promise<Result<IdKeyRecord>> {
    const { store, keychain, clock, primitives, signing } = this.#context.ports;
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return fail(failure("id-key.name"));
    const keys = store.idKeys();
    if (keys.some((one) => one.name === name)) return fail(failure("id-key.taken", name));
    if (keys.length >= maximumKeys) return fail(failure("id-key.too-many", String(maximumKeys)));
    const secret = scalar === undefined ? this.#freshScalar() : new Secret(scalar.use((bytes) => bytes.slice()));
    try {
      const point = secret.use((bytes) => signing.publicKeyP384(bytes));
      if (point === undefined) return fail(failure("id-key.curve"));
      // SECURITY: never over a key that policies may rely on, and that only this data folder does not know (it may be an older copy).
      const there = await keychain.getSecret(idKeyAccount(name));
      if (there.ok) there.value.wipe();
      if (there.ok || there.failure.code !== "keychain.no-such-key") return there.ok ? fail(failure("id-key.left-over", name)) : there;
      // CRASH: if we stop after this, the keychain holds a key that no record names: it signs nothing, and its name stays taken.
      const written = await keychain.setSecret(idKeyAccount(name), secret);
      if (!written.ok) {
        // A failed write may have been one in part.
        await keychain.deleteSecret(idKeyAccount(name));
        return written;
      }
      const key = { name, purpose, createdAt: clock.now(), imported: scalar !== undefined, publicKey: toHex(point) };
      const committed = this.#context.ledger.commit(keyAddedFacts(key, primitives, keychain.backend), () => ({ idKey: key }));
      // Where the answer is unknown the store is asked again: a record that is there needs its key.
      if (committed.ok || store.idKeys().some(({ publicKey }) => publicKey === key.publicKey)) return ok(key);
      await keychain.deleteSecret(idKeyAccount(name));
      return committed;
    } finally {
      secret.wipe();
    }
  }

  async #remove({ name, confirm, reason: words }: IdKeyRemoval): Promise<Result<void>> {
    const { keychain, primitives } = this.#context.ports;
    const key = this.find(name);
    if (!key.ok) return key;
    if (confirm !== name) return fail(failure("id-key.not-confirmed"));
    const reason = reasonFrom(words);
    if (reason === undefined) return fail(failure("approval.reason-missing"));
    const [user] = this.usedBy(key.value);
    if (user !== undefined) return fail(failure("id-key.in-use", user.name));
    // CRASH: if we stop after this, the record names a key that is gone: nothing can be signed with it, and deleting it again completes the
    // work.
    const deleted = await keychain.deleteSecret(idKeyAccount(name));
    if (!deleted.ok && deleted.failure.code !== "keychain.no-such-key") return deleted;
    const committed = this.#context.ledger.commit(keyRemovedFacts(key.value, reason, primitives), () => ({ removedIdKey: name }));
    return committed.ok ? ok(undefined) : committed;
  }

  /** As likely each as any other: a draw that is no key of the curve is thrown away. */
  #freshScalar(): Secret {
    const { random, signing } = this.#context.ports;
    for (;;) {
      const secret = new Secret(random.bytes(48));
      if (secret.use((bytes) => signing.publicKeyP384(bytes)) !== undefined) return secret;
      secret.wipe();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}

export function idKeyAccount(name: string): string {
  return `id-key/${name}`;
}

const maximumKeys = 256;
