// Was this signature of an issuer found valid before? The same certificates and lists come with every launch, and a signature over the same
// bytes by the same key stays valid. Only that fact is remembered: dates, pins, names and revocation are judged anew by whoever asks.
import { viewOf } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { nameOfDigest, Recent } from "../base/recent.ts";

/**
 * The same port, which asks `primitives` about an RSA-PSS signature that it found valid only once. A report's own signature is new with
 * every launch, and is passed through.
 *
 * @param limit valid signatures that are remembered: one for each chip, and a few for the issuers and their lists.
 */
export function rememberingPrimitives(primitives: Primitives, limit: number = usualLimit): Primitives {
  const valid = new Recent<true>(limit);
  return {
    digest: (name, ...parts) => primitives.digest(name, ...parts),
    verifyP384: (spki, message, signature) => primitives.verifyP384(spki, message, signature),
    verifyPss384(spki, message, signature) {
      // SECURITY: with the lengths in it, no other split of the same bytes has this name.
      const lengths = new Uint8Array(12);
      const view = viewOf(lengths);
      view.setUint32(0, spki.length);
      view.setUint32(4, message.length);
      view.setUint32(8, signature.length);
      const name = nameOfDigest(primitives.digest("sha256", lengths, spki, message, signature));
      if (valid.get(name) === true) return true;
      const holds = primitives.verifyPss384(spki, message, signature);
      // SECURITY: the one place that inserts. What does not hold is not remembered: a flood of it must not push out what does.
      if (holds) valid.set(name, true);
      return holds;
    },
  };
}

const usualLimit = 16_384;
