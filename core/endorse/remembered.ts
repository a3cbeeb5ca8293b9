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
  const question = new Question();
  return {
    digest: (name, ...parts) => primitives.digest(name, ...parts),
    verifyP384: (spki, message, signature) => primitives.verifyP384(spki, message, signature),
    verifyPss384(spki, message, signature) {
      const name = nameOfDigest(primitives.digest("sha256", question.of(spki, message, signature)));
      if (valid.get(name) === true) return true;
      const holds = primitives.verifyPss384(spki, message, signature);
      // SECURITY: the one place that inserts. What does not hold is not remembered: a flood of it must not push out what does.
      if (holds) valid.set(name, true);
      return holds;
    },
  };
}

/** The three in one piece, written over the last: to make room anew for each costs twice the digest. Nothing in it is secret. */
class Question {
  readonly #room = new Uint8Array(usualLength);

  /** Good until the next call. */
  of(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): Uint8Array {
    const length = lengthsLength + spki.length + message.length + signature.length;
    const whole = length > usualLength ? new Uint8Array(length) : this.#room.subarray(0, length);
    // SECURITY: with the lengths in it, no other split of the same bytes has this name.
    const view = viewOf(whole);
    view.setUint32(0, spki.length);
    view.setUint32(4, message.length);
    view.setUint32(8, signature.length);
    whole.set(spki, lengthsLength);
    whole.set(message, lengthsLength + spki.length);
    whole.set(signature, lengthsLength + spki.length + message.length);
    return whole;
  }
}

const usualLimit = 16_384;
const lengthsLength = 12;
/** Certificates have about 2,200 bytes with signature and key, AMD's lists less. */
const usualLength = 4_096;
