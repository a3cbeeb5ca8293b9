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

/** Signatures of the owner's own keys. A port apart from {@link Primitives}, because few may hold a private key. */
export interface Signing {
  /** The public point of a scalar of 48 bytes, big endian: x||y, 96 bytes. Undefined where it is no private key of P-384. */
  publicKeyP384(scalar: Uint8Array): Uint8Array | undefined;
  /** ECDSA on P-384 with SHA-384, a fresh nonce for each: r||s, 96 bytes. Throws where {@link publicKeyP384} is undefined: ask it first. */
  signP384(scalar: Uint8Array, message: Uint8Array): Uint8Array;
}
