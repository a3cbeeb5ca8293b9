// Where do fresh bytes come from? The Random port on the operating system's generator, the one source in production.
import { randomBytes } from "node:crypto";
import type { Random } from "../base/random.ts";

export const systemRandom: Random = {
  // Copied out of Buffer's shared pool, so that wiping the bytes wipes all there is.
  bytes: (length) => {
    const pooled = randomBytes(length);
    const own = new Uint8Array(pooled);
    pooled.fill(0);
    return own;
  },
};
