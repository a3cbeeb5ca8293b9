// How is a disk key sealed to one attested VM? HPKE base mode (RFC 9180) with the protocol's one suite: X-Wing, HKDF-SHA256, AES-256-GCM.
// Never chooses another suite, and draws all of its randomness from the Random port. The host's WebCrypto does the AEAD.
import { Aes256Gcm, CipherSuite, HkdfSha256, type SenderContext } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { failure } from "./failure.ts";
import type { Random } from "./random.ts";
import { type Result, fail, ok } from "./result.ts";
import { Secret } from "./secret.ts";

export const sealingKeyLength = 1216;
export const encapsulatedLength = 1120;
/** AES-GCM adds this much to a plaintext. */
export const tagLength = 16;

/** A key pair for one challenge. The holder wipes `privateKey` on every path. */
export interface SealingKey {
  /** 1216 bytes. */
  readonly publicKey: Uint8Array;
  /** The 32-byte seed that X-Wing expands again at every use. */
  readonly privateKey: Secret;
}

export interface Sealed {
  /** 1120 bytes. */
  readonly encapsulated: Uint8Array;
  /** As long as the plaintext, and {@link tagLength} more. */
  readonly ciphertext: Uint8Array;
}

/** What binds a sealed message to its launch and its disk. */
export interface SealingContext {
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
}

export async function makeSealingKey(random: Random): Promise<SealingKey> {
  const seed = random.bytes(seedLength);
  const kem = new XWing();
  const pair: unknown = await kem.generateKeyPairDerand(seed);
  return { publicKey: new Uint8Array(await kem.serializePublicKey(publicHalf(pair))), privateKey: new Secret(seed) };
}

/**
 * A new encapsulation for every call. Failure: `launch.sealing-key` where the peer's key is not a sound X-Wing key (FIPS 203 modulus check,
 * X25519 point of low order). Does not take ownership of `plaintext`.
 */
export async function sealTo(
  { publicKey, info, aad, random }: SealingContext & { readonly publicKey: Uint8Array; readonly random: Random },
  plaintext: Secret,
): Promise<Result<Sealed>> {
  if (publicKey.length !== sealingKeyLength) return fail(failure("launch.sealing-key", `${publicKey.length} bytes`));
  const sender = await senderTo(publicKey, info, random);
  if (!sender.ok) return sender;
  // A copy, because encryption goes on after the secret was lent.
  const lent = plaintext.use((bytes) => bytes.slice());
  try {
    const ciphertext = new Uint8Array(await sender.value.seal(lent.buffer, aad.slice()));
    return ok({ encapsulated: new Uint8Array(sender.value.enc), ciphertext });
  } finally {
    lent.fill(0);
  }
}

/** Failure: `launch.sealed-key` for what was not sealed to this key, for this launch and this disk. The caller wipes the secret. */
export async function openWith(
  privateKey: Secret,
  { encapsulated, ciphertext, info, aad }: SealingContext & Sealed,
): Promise<Result<Secret>> {
  if (encapsulated.length !== encapsulatedLength || ciphertext.length <= tagLength) return fail(failure("launch.sealed-key", "length"));
  // The library keeps a view of what it imports, so it gets a copy that is ours to wipe.
  const seed = privateKey.use((bytes) => bytes.slice());
  try {
    const suite = newSuite();
    const recipientKey: unknown = await suite.kem.importKey("raw", seed.buffer, false);
    const recipient = await suite.createRecipientContext({ recipientKey, enc: encapsulated.slice(), info: info.slice() });
    return ok(new Secret(new Uint8Array(await recipient.open(ciphertext.slice(), aad.slice()))));
  } catch (cause) {
    return fail(failure("launch.sealed-key", undefined, cause));
  } finally {
    seed.fill(0);
  }
}

/** The only part of sealing that a peer's key can make fail. */
async function senderTo(publicKey: Uint8Array, info: Uint8Array, random: Random): Promise<Result<SenderContext>> {
  const ekm = random.bytes(encapsulationSeedLength);
  try {
    const suite = newSuite();
    const recipientPublicKey: unknown = await suite.kem.deserializePublicKey(publicKey.slice());
    return ok(await suite.createSenderContext({ recipientPublicKey, info: info.slice(), ekm: ekm.buffer }));
  } catch (cause) {
    return fail(failure("launch.sealing-key", undefined, cause));
  } finally {
    ekm.fill(0);
  }
}

/** The library types its keys with WebCrypto's types, which core does not have. */
function publicHalf(pair: unknown): unknown {
  if (typeof pair === "object" && pair !== null && "publicKey" in pair) return pair.publicKey;
  throw new Error("the library made no key pair");
}

// The library keeps work buffers in these objects, in which key material would stay: a new one for each use lets them be collected.
// LIMIT: what the library copies inside cannot be wiped, only dropped.
function newSuite(): CipherSuite {
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

const seedLength = 32;
const encapsulationSeedLength = 64;
