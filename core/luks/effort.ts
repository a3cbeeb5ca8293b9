// What would it cost to derive a key as this LUKS2 header asks? The host can write any number there, and the agent would count for it: for hours, or
// until the VM's memory is gone. LUKS2 on-disk format 1.1.0, section 3.2.
// Knows nothing of how fast this machine is: the agent's own time limit ends what is slow all the same.
import type { Json } from "../base/json.ts";
import { isObject } from "./metadata.ts";

/**
 * Of all key slots and their digest together; one is 2^20 rounds of PBKDF2, or a GiB that Argon2 goes through once: either takes a core without SHA
 * extensions about a second. cryptsetup's own choice takes two to ten for a slot; 32 leave the half of the 60 s that the agent gives cryptsetup.
 */
export const mostEffort = 32;
/** KiB: 1 GiB, the most that cryptsetup chooses by itself, and so what an ordinary disk may need. Slots are tried one after the other. */
export const mostMemory = 2 ** 20;
/** Threads: the most that cryptsetup chooses, and that it accepts. */
export const mostThreads = 4;

/** @param derivation the members of a key slot's `kdf`, or of a digest. Undefined where it is none that is known, or where one member alone is too much. */
export function effortOf(derivation: Json | undefined): number | undefined {
  if (!isObject(derivation)) return undefined;
  const { type, hash, iterations, time, memory, cpus } = derivation;
  if (type === "pbkdf2") {
    if (typeof hash !== "string" || !hashes.has(hash)) return undefined;
    return isCount(iterations, mostEffort * unit) ? iterations / unit : undefined;
  }
  if (type !== "argon2id" && type !== "argon2i") return undefined;
  if (!isCount(time, mostEffort * unit) || !isCount(memory, mostMemory) || !isCount(cpus, mostThreads)) return undefined;
  return (time * memory) / unit;
}

function isCount(json: Json | undefined, most: number): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 1 && json <= most;
}

const unit = 2 ** 20;
/** Others are slower, or broken, or not in every kernel. */
const hashes: ReadonlySet<string> = new Set(["sha256", "sha512"]);
