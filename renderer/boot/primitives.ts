// With what does the page digest? JavaScript of its own, because the browser's WebCrypto takes no file in pieces and the page may start no worker.
// Digests only: the page verifies nothing, and the service measures again whatever it is sent.
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { DigestName, Primitives } from "../../core/base/crypto.ts";

export const pagePrimitives: Primitives = {
  digest(name, ...parts) {
    const hash = hashes[name].create();
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  verifyP384: verifiesNothing,
  verifyPss384: verifiesNothing,
};

function verifiesNothing(): never {
  throw new Error("the page verifies nothing");
}

const hashes: Readonly<Record<DigestName, typeof sha256 | typeof sha384 | typeof sha512>> = { sha256, sha384, sha512 };
