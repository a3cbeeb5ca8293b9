// What does the manager remember of an owner's signing keys? All but the private half, which is in the keychain alone.
import type { Instant } from "../base/clock.ts";

/** id: signs ID blocks. author: signs ID keys. reference: signs reference values for other owners. */
export const idKeyPurposes = ["id", "author", "reference"] as const;
export type IdKeyPurpose = (typeof idKeyPurposes)[number];

export interface IdKeyRecord {
  readonly name: string;
  readonly purpose: IdKeyPurpose;
  readonly createdAt: Instant;
  /** Made elsewhere: somebody else may have it too. */
  readonly imported: boolean;
  /** x||y of its point on P-384, big endian, hex, 96 bytes. */
  readonly publicKey: string;
}

/** The ID_AUTH of a block that was signed once, so that the same kit is the same bytes and asks no keychain. */
export interface SignedBlock {
  /** SHA-384 over the block and the keys that signed it, hex. */
  readonly digest: string;
  /** 4096 bytes. */
  readonly auth: Uint8Array;
}
