// The few primitives that core asks of its host, so that core stays free of Node and of a browser.
// All are available in OpenSSL and in BoringSSL builds of Node. Never a policy: an algorithm is chosen by the caller's format.

export type DigestName = "sha256" | "sha384" | "sha512";

export interface Primitives {
  /** @returns 32, 48 or 64 bytes: the digest over the parts, one after the other. */
  digest(name: DigestName, ...parts: readonly Uint8Array[]): Uint8Array;
  /** ECDSA on P-384 with SHA-384. `signature` is r||s, 96 bytes, big endian (IEEE P1363). False for anything that is not a valid key or signature. */
  verifyP384(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** RSASSA-PSS, SHA-384, MGF1-SHA-384, salt 48. False for anything that is not a valid key or signature. */
  verifyPss384(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
