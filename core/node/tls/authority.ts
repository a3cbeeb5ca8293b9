// Who is the manager, to its VMs? Its own small CA, made on first run: VMs pin the SHA-256 of its public key (docs/protocol.md, step 1).
// The CA's key is in the keychain and in memory only while a leaf is signed; a leaf's key is in memory only.
// Never replaces a CA whose key is gone: that would lock out every VM that pins it.
import { X509Certificate, createHash } from "node:crypto";
import { fromBase64, equalBytes, toBase64 } from "../../base/bytes.ts";
import { rfc3339 } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { makeCaCertificate, makeCaKey, makeLeaf, readCaKey, spkiOf } from "./certificates.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Result } from "../../base/result.ts";
import type { Keychain, Store, Timers } from "../../manager/ports.ts";
import type { CaKey, Leaf } from "./certificates.ts";

export interface AuthorityPorts {
  readonly store: Pick<Store, "setting" | "saveSetting">;
  readonly keychain: Keychain;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export interface TlsAuthority {
  /** SHA-256 of the CA's SubjectPublicKeyInfo, 32 bytes: the `manager.anchor` of every agent configuration. */
  readonly anchor: Uint8Array;
  /** The CA certificate, DER. */
  readonly certificate: Uint8Array;
  /** The leaf in use, with its chain. */
  leaf(): Leaf;
  /** Calls back after each rotation, until the returned function is called. */
  onRotation(callback: (leaf: Leaf) => void): () => void;
  /** Makes a new leaf now. The old one stays in use where this fails. */
  rotate(): Promise<Result<void>>;
  /** Ends the rotation. */
  close(): void;
}

/** `authority.key-missing`, `authority.mismatch`, `authority.malformed`, and whatever the keychain and the store say. */
export async function openAuthority(ports: AuthorityPorts): Promise<Result<TlsAuthority>> {
  const certificate = await loadOrMake(ports);
  if (!certificate.ok) return certificate;
  const first = await issue(ports, certificate.value);
  return first.ok ? ok(new Authority(ports, certificate.value, first.value)) : first;
}

class Authority implements TlsAuthority {
  readonly anchor: Uint8Array;
  readonly certificate: Uint8Array;
  readonly #ports: AuthorityPorts;
  readonly #listeners = new Set<(leaf: Leaf) => void>();
  #leaf: Leaf;
  #cancel: () => void;
  #closed = false;

  constructor(ports: AuthorityPorts, certificate: Uint8Array, leaf: Leaf) {
    this.#ports = ports;
    this.certificate = certificate;
    this.anchor = new Uint8Array(createHash("sha256").update(spkiOf(certificate)).digest());
    this.#leaf = leaf;
    this.#cancel = ports.timers.after(checkEvery, () => this.#check());
  }

  leaf(): Leaf {
    return this.#leaf;
  }

  onRotation(callback: (leaf: Leaf) => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  async rotate(): Promise<Result<void>> {
    const leaf = await issue(this.#ports, this.certificate);
    if (!leaf.ok) return leaf;
    this.#leaf = leaf.value;
    this.#ports.log.write("info", "authority.rotated", { until: rfc3339(leaf.value.notAfter) });
    for (const callback of this.#listeners) callback(leaf.value);
    return ok(undefined);
  }

  close(): void {
    this.#cancel();
    this.#listeners.clear();
    this.#closed = true;
  }

  #check(): void {
    void this.#rotateWhenDue();
  }

  /** Also after a jump of the clock in either direction. A keychain that is locked now is asked again at the next check. */
  async #rotateWhenDue(): Promise<void> {
    const { clock, timers, log } = this.#ports;
    const now = clock.now();
    if (now < this.#leaf.notBefore || now >= this.#leaf.notAfter - rotationMargin) {
      const rotated = await this.rotate();
      if (!rotated.ok) log.write("warn", "authority.rotation-failed", { code: rotated.failure.code });
    }
    if (!this.#closed) this.#cancel = timers.after(checkEvery, () => this.#check());
  }
}

/**
 * CRASH: the key is kept first. If we stop before the certificate is saved, the next start finds a key without a certificate and makes
 * one for that key; nobody can have pinned it yet.
 */
async function loadOrMake(ports: AuthorityPorts): Promise<Result<Uint8Array>> {
  const saved = ports.store.setting(certificateSetting);
  if (saved !== undefined) return readCertificate(saved);
  const existing = await withCaKey(ports.keychain, (key) => ok(key));
  if (!existing.ok && existing.failure.code !== "keychain.no-such-key") return existing;
  const key = existing.ok ? existing : await keepNewKey(ports.keychain);
  if (!key.ok) return key;
  const certificate = await makeCaCertificate(key.value, ports.clock.now(), ports.random);
  const kept = ports.store.saveSetting(certificateSetting, toBase64(certificate));
  if (!kept.ok) return kept;
  ports.log.write("info", "authority.made");
  return ok(certificate);
}

async function keepNewKey(keychain: Keychain): Promise<Result<CaKey>> {
  const { key, pkcs8 } = await makeCaKey();
  try {
    const kept = await keychain.setSecret(caAccount, pkcs8);
    return kept.ok ? ok(key) : kept;
  } finally {
    pkcs8.wipe();
  }
}

function issue(ports: AuthorityPorts, certificate: Uint8Array): Promise<Result<Leaf>> {
  return withCaKey(ports.keychain, async (key) => {
    if (!equalBytes(key.spki, spkiOf(certificate))) return fail(failure("authority.mismatch"));
    return ok(await makeLeaf(key, certificate, ports.clock.now(), ports.random));
  }).then((leaf) => (!leaf.ok && leaf.failure.code === "keychain.no-such-key" ? fail(failure("authority.key-missing")) : leaf));
}

async function withCaKey<T>(keychain: Keychain, task: (key: CaKey) => Result<T> | Promise<Result<T>>): Promise<Result<T>> {
  const secret = await keychain.getSecret(caAccount);
  if (!secret.ok) return secret;
  try {
    const key = await readCaKey(secret.value);
    return key === undefined ? fail(failure("authority.malformed", caAccount)) : await task(key);
  } finally {
    secret.value.wipe();
  }
}

function readCertificate(text: string): Result<Uint8Array> {
  const der = fromBase64(text);
  try {
    if (der !== undefined && new X509Certificate(der).ca) return ok(der);
  } catch {
    // Falls through: not a certificate at all.
  }
  return fail(failure("authority.malformed", certificateSetting));
}

export const caAccount = "manager/ca";
const certificateSetting = "authority.certificate";
const checkEvery = 3_600_000;
/** A third of a leaf's life: a keychain that stays locked for days does not end the service. */
const rotationMargin: Instant = 10 * 86_400_000;
