// `portcullis report decode`: what does a report say, as JSON for people and scripts? Shape only: the answer says nothing about whether the
// report is genuine. The named fields are a promise to scripts; more may be added.
import { productOfReport } from "../../appraise/verify.ts";
import { toHex } from "../../base/bytes.ts";
import { ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { GuestPolicy } from "../../snp/guest-policy.ts";
import type { PlatformInfo } from "../../snp/platform-info.ts";
import type { Product } from "../../snp/product.ts";
import { firmwareText, parseReport } from "../../snp/report.ts";
import type { Report, Signer } from "../../snp/report.ts";
import { parseTcb } from "../../snp/tcb.ts";

export interface DecodedTcb {
  /** Turin only. */
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** Bytes are lower-case hex; masks are "0x…". */
export interface DecodedReport {
  readonly version: number;
  readonly product: Product;
  readonly guestSvn: number;
  readonly policy: Omit<GuestPolicy, "raw"> & { readonly raw: string };
  readonly familyId: string;
  readonly imageId: string;
  readonly vmpl: number;
  readonly signer: Signer | "none";
  readonly authorKeyEnabled: boolean;
  readonly maskChipKey: boolean;
  readonly platformInfo: Omit<PlatformInfo, "raw" | "unknownBits"> & { readonly raw: string; readonly unknownBits: string };
  readonly reportData: string;
  readonly measurement: string;
  readonly hostData: string;
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string;
  readonly reportId: string;
  readonly reportIdMa: string;
  readonly chipId: string;
  readonly reportedTcb: DecodedTcb;
  readonly currentTcb: DecodedTcb;
  readonly committedTcb: DecodedTcb;
  readonly launchTcb: DecodedTcb;
  readonly currentVersion: string;
  readonly committedVersion: string;
  /** Version 3 and later. */
  readonly cpuid?: { readonly family: number; readonly model: number; readonly stepping: number };
  /** Version 5. */
  readonly launchMitVector?: string;
  readonly currentMitVector?: string;
  /** What had to be assumed. */
  readonly note?: string;
}

export interface DecodeOptions {
  /** For version 2, which does not say: without it the TCBs are read in the layout that Milan and Genoa share. */
  readonly product?: Product | undefined;
}

export function decodeReport(bytes: Uint8Array, { product: stated }: DecodeOptions = {}): Result<DecodedReport> {
  const parsed = parseReport(bytes);
  if (!parsed.ok) return parsed;
  const report = parsed.value;
  const assumed = report.version === 2 && stated === undefined;
  const product = productOfReport(report, assumed ? "Milan" : stated);
  if (!product.ok) return product;
  const tcbs = decodeTcbs(report, product.value);
  if (!tcbs.ok) return tcbs;

  const { policy, platformInfo, cpuid, launchMitVector, currentMitVector } = report;
  return ok({
    version: report.version,
    product: product.value,
    guestSvn: report.guestSvn,
    policy: { ...policy, raw: mask(policy.raw) },
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    vmpl: report.vmpl,
    signer: report.signingKey,
    authorKeyEnabled: report.authorKeyEn,
    maskChipKey: report.maskChipKey,
    platformInfo: { ...platformInfo, raw: mask(platformInfo.raw), unknownBits: mask(platformInfo.unknownBits) },
    reportData: toHex(report.reportData),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
    chipId: toHex(report.chipId),
    ...tcbs.value,
    currentVersion: firmwareText(report.currentVersion),
    committedVersion: firmwareText(report.committedVersion),
    ...(cpuid === undefined ? {} : { cpuid }),
    ...(launchMitVector === undefined ? {} : { launchMitVector: mask(launchMitVector) }),
    ...(currentMitVector === undefined ? {} : { currentMitVector: mask(currentMitVector) }),
    ...(assumed ? { note: "version 2 does not name its product: read as Milan or Genoa; state the product if it is another" } : {}),
  });
}

type DecodedTcbs = Pick<DecodedReport, "reportedTcb" | "currentTcb" | "committedTcb" | "launchTcb">;

function decodeTcbs(report: Report, product: Product): Result<DecodedTcbs> {
  const reportedTcb = decodeTcb(product, report.reportedTcb);
  if (!reportedTcb.ok) return reportedTcb;
  const currentTcb = decodeTcb(product, report.currentTcb);
  if (!currentTcb.ok) return currentTcb;
  const committedTcb = decodeTcb(product, report.committedTcb);
  if (!committedTcb.ok) return committedTcb;
  const launchTcb = decodeTcb(product, report.launchTcb);
  if (!launchTcb.ok) return launchTcb;
  return ok({
    reportedTcb: reportedTcb.value,
    currentTcb: currentTcb.value,
    committedTcb: committedTcb.value,
    launchTcb: launchTcb.value,
  });
}

function decodeTcb(product: Product, raw: Uint8Array): Result<DecodedTcb> {
  const tcb = parseTcb(product, raw);
  if (!tcb.ok) return tcb;
  const { fmc, bootloader, tee, snp, microcode } = tcb.value;
  return ok({ ...(fmc === undefined ? {} : { fmc }), bootloader, tee, snp, microcode });
}

function mask(value: bigint): string {
  return `0x${value.toString(16)}`;
}
