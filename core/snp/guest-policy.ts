// The guest policy of a launch, as the report repeats it. Polarity differs by bit: permissions weaken when set, requirements strengthen.
// AMD 56860, table Guest Policy.

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
