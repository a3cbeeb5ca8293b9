// The guest policy of a launch, as the report repeats it. Polarity differs by bit: permissions weaken when set, requirements strengthen.
// AMD 56860, table Guest Policy.
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";

/** `raw` is the 64-bit field. */
export interface GuestPolicy {
  readonly raw: bigint;
  readonly abiMinor: number;
  readonly abiMajor: number;
  /** Permission: simultaneous multithreading. */
  readonly smt: boolean;
  /** Permission: migration agent. */
  readonly migrateMa: boolean;
  /** Permission: the host may decrypt the guest. */
  readonly debug: boolean;
  /** Requirement. */
  readonly singleSocket: boolean;
  /** Permission. */
  readonly cxlAllow: boolean;
  /** Requirement. */
  readonly memAes256Xts: boolean;
  /** Requirement. */
  readonly raplDis: boolean;
  /** Requirement. */
  readonly ciphertextHidingDram: boolean;
  /** Requirement: the guest refuses page move and swap. */
  readonly pageSwapDisable: boolean;
}

/** Fails where bit 17 is clear or a bit above 25 is set. */
export function parseGuestPolicy(raw: bigint): Result<GuestPolicy> {
  const bit = (number: bigint): boolean => ((raw >> number) & 1n) === 1n;
  if (!bit(mustBeOne) || raw >> firstReserved !== 0n) return fail(failure("snp.guest-policy-reserved", `0x${raw.toString(16)}`));
  return ok({
    raw,
    abiMinor: Number(raw & 0xffn),
    abiMajor: Number((raw >> 8n) & 0xffn),
    smt: bit(16n),
    migrateMa: bit(18n),
    debug: bit(19n),
    singleSocket: bit(20n),
    cxlAllow: bit(21n),
    memAes256Xts: bit(22n),
    raplDis: bit(23n),
    ciphertextHidingDram: bit(24n),
    pageSwapDisable: bit(25n),
  });
}

const mustBeOne = 17n;
const firstReserved = 26n;
