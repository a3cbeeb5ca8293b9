// What the simulator asks of its host: keys that sign. Keys stay behind this port, so that the simulator itself is pure.
// Signing is synchronous: a simulated processor answers at once, and tests need no waiting.
import type { Primitives } from "../base/crypto.ts";

export interface SigningKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /**
   * RSA-4096: RSASSA-PSS, SHA-384, MGF1-SHA-384, salt 48; 512 bytes. P-384: ECDSA with SHA-384, r||s; 96 bytes.
   * Throws only where the host's own cryptography is broken.
   */
  sign(message: Uint8Array): Uint8Array;
}

export interface SimulatorCrypto extends Pick<Primitives, "digest"> {
  /**
   * The P-384 key whose private scalar is `seed` (48 bytes, big endian). A chip and the key service that endorses it derive the
   * same key from the same secret, as AMD's do, although they may live in different processes.
   */
  deriveP384(seed: Uint8Array): SigningKey;
}
