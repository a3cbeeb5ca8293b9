// How do granted keys leave the house? Sealed to the key that the CPU attested, for one launch and one disk (docs/protocol.md, step 3).
// Takes a grant, so that nothing can be sealed which was not committed first; a grant seals once. Never reads a keychain, never sends.
import { sealTo } from "../base/hpke.ts";
import type { Random } from "../base/random.ts";
import { type Result, ok } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { type KeyGrant, takeKeys } from "./grant.ts";

/** One disk's key as it goes on the wire. */
export interface SealedKey {
  readonly disk: string;
  /** 1120 bytes. */
  readonly encapsulated: Uint8Array;
  /** The key and a 16-byte tag. */
  readonly ciphertext: Uint8Array;
}

export interface SealingTarget {
  /** 1216 bytes: the sealing key of the evidence that the decision names. */
  readonly publicKey: Uint8Array;
  /** HPKE info of the launch: `hpkeInfo` of the `judge` effect that brought that evidence. */
  readonly info: Uint8Array;
  readonly random: Random;
}

/** All keys of the grant, or none. Wipes each key, whatever happens. Failure: `launch.sealing-key`. Throws for a grant sealed before. */
export async function sealKeys(grant: KeyGrant, { publicKey, info, random }: SealingTarget): Promise<Result<readonly SealedKey[]>> {
  const keys = takeKeys(grant);
  const sealed: SealedKey[] = [];
  try {
    for (const { disk, key } of keys) {
      const one = await sealTo({ publicKey, info, aad: utf8(disk), random }, key);
      if (!one.ok) return one;
      sealed.push({ disk, ...one.value });
    }
    return ok(sealed);
  } finally {
    for (const { key } of keys) key.wipe();
  }
}
