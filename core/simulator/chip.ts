// What a simulated processor and its host are like before any guest runs: product, firmware, TCB, platform, what the host masks.
// Values are those that real processors of each line have reported. AMD 56860.
import type { CpuId, Product } from "../snp/product.ts";
import type { FirmwareVersion, ReportVersion } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";

export interface Chip {
  readonly product: Product;
  readonly cpuid: CpuId;
  /** 64 bytes. */
  readonly chipId: Uint8Array;
  /** The layout of report that this firmware writes. */
  readonly reportVersion: ReportVersion;
  readonly currentTcb: Tcb;
  /** The VCEK and VLEK are derived from it. */
  readonly reportedTcb: Tcb;
  readonly committedTcb: Tcb;
  readonly launchTcb: Tcb;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  /** Raw PLATFORM_INFO. */
  readonly platformInfo: bigint;
  /** Written by version 5 only. */
  readonly launchMitVector: bigint;
  readonly currentMitVector: bigint;
  /** The provider's name in a VLEK. */
  readonly cspId: string;
  /** The host hides CHIP_ID: it is reported as zero. */
  readonly maskChipId: boolean;
  /** The host forbids signing: reports carry no signature. */
  readonly maskChipKey: boolean;
}

/** @param choices what is to differ from an up-to-date chip of that line. */
export function makeChip(product: Product, chipId: Uint8Array, choices: Partial<Omit<Chip, "product" | "chipId">> = {}): Chip {
  const { tcb, version, ...model } = models[product];
  return {
    product,
    chipId,
    ...model,
    currentTcb: tcb,
    reportedTcb: tcb,
    committedTcb: tcb,
    launchTcb: tcb,
    currentVersion: version,
    committedVersion: version,
    cspId: "CN=csp.simulated.invalid",
    maskChipId: false,
    maskChipKey: false,
    ...choices,
  };
}

/** SMT, ECC and alias check; on Turin also bit 6, which real ones set. */
const usualPlatform = 0x25n;

const models = {
  Milan: {
    cpuid: { family: 0x19, model: 0x01, stepping: 0x01 },
    reportVersion: 3,
    tcb: { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 0x18, microcode: 0xdb },
    version: { major: 1, minor: 55, build: 29 },
    platformInfo: usualPlatform,
    launchMitVector: 0n,
    currentMitVector: 0n,
  },
  Genoa: {
    cpuid: { family: 0x19, model: 0x11, stepping: 0x01 },
    reportVersion: 3,
    tcb: { product: "Genoa", fmc: undefined, bootloader: 10, tee: 0, snp: 0x17, microcode: 0x54 },
    version: { major: 1, minor: 55, build: 40 },
    platformInfo: usualPlatform,
    launchMitVector: 0n,
    currentMitVector: 0n,
  },
  Turin: {
    cpuid: { family: 0x1a, model: 0x02, stepping: 0x01 },
    reportVersion: 5,
    tcb: { product: "Turin", fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 0x51 },
    version: { major: 1, minor: 55, build: 65 },
    platformInfo: usualPlatform | (1n << 6n),
    launchMitVector: 0x3fn,
    currentMitVector: 0x3fn,
  },
} as const satisfies {
  readonly [product in Product]: Pick<Chip, "cpuid" | "reportVersion" | "platformInfo" | "launchMitVector" | "currentMitVector"> & {
    readonly tcb: Tcb;
    readonly version: FirmwareVersion;
  };
};
