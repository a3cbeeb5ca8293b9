// PLATFORM_INFO: how the host machine was set up when the report was made. AMD 56860, table Platform Info.

export interface PlatformInfo {
  readonly raw: bigint;
  readonly smtEn: boolean;
  readonly tsmeEn: boolean;
  readonly eccEn: boolean;
  readonly raplDis: boolean;
  readonly ciphertextHidingDramEn: boolean;
  readonly aliasCheckComplete: boolean;
  /** Bit 6, seen set on real Turin; the name comes from two third-party projects (AMD-SB-3016). */
  readonly iommuWriteSafe: boolean;
  readonly tioEn: boolean;
  /** Bits above 7: kept visible, refused unless policy says otherwise. */
  readonly unknownBits: bigint;
}

/** Cannot fail: what bits above 7 mean is the policy's question. */
export function parsePlatformInfo(raw: bigint): PlatformInfo {
  const bit = (number: bigint): boolean => ((raw >> number) & 1n) === 1n;
  return {
    raw,
    smtEn: bit(0n),
    tsmeEn: bit(1n),
    eccEn: bit(2n),
    raplDis: bit(3n),
    ciphertextHidingDramEn: bit(4n),
    aliasCheckComplete: bit(5n),
    iommuWriteSafe: bit(6n),
    tioEn: bit(7n),
    unknownBits: (raw >> knownBits) << knownBits,
  };
}

const knownBits = 8n;
