// What does an SEV-SNP attestation report say? Shape only: nothing here is verified or judged.
// AMD 56860 (SEV-SNP firmware ABI), table ATTESTATION_REPORT. All integers are little endian.
import { concat, isZero, viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { parseGuestPolicy } from "./guest-policy.ts";
import { parsePlatformInfo } from "./platform-info.ts";
import type { CpuId } from "./product.ts";
import type { GuestPolicy } from "./guest-policy.ts";
import type { PlatformInfo } from "./platform-info.ts";

export const reportLength = 0x4a0;
/** The signature covers these bytes, exactly as received. */
export const signedLength = 0x2a0;

export type ReportVersion = 2 | 3 | 5;
export type Signer = "vcek" | "vlek";

/** Eight bytes whose layout depends on the product: read them with tcb.ts. */
export type RawTcb = Uint8Array;

export interface FirmwareVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/** Field names are AMD's in camelCase. Byte fields are copies with the length that the comment gives. */
export interface Report {
  /** 1184 bytes, exactly as received. */
  readonly raw: Uint8Array;
  readonly version: ReportVersion;
  readonly guestSvn: number;
  readonly policy: GuestPolicy;
  /** 16 bytes, from the ID block, else zero. */
  readonly familyId: Uint8Array;
  /** 16 bytes, from the ID block, else zero. */
  readonly imageId: Uint8Array;
  /** 0..3; 0xFFFFFFFF where the host asked. */
  readonly vmpl: number;
  readonly currentTcb: RawTcb;
  readonly platformInfo: PlatformInfo;
  readonly authorKeyEn: boolean;
  readonly maskChipKey: boolean;
  /** SIGNING_KEY: "none" where the signature field is zeros. */
  readonly signingKey: Signer | "none";
  /** 64 bytes, chosen by the guest. */
  readonly reportData: Uint8Array;
  /** 48 bytes, the launch digest. */
  readonly measurement: Uint8Array;
  /** 32 bytes, chosen by the host: means something only when compared. */
  readonly hostData: Uint8Array;
  /** 48 bytes. */
  readonly idKeyDigest: Uint8Array;
  /** 48 bytes, zero unless AUTHOR_KEY_EN. */
  readonly authorKeyDigest: Uint8Array;
  /** 32 bytes, random per guest instance. */
  readonly reportId: Uint8Array;
  /** 32 bytes. */
  readonly reportIdMa: Uint8Array;
  /** The TCB that the VCEK or VLEK is derived from. */
  readonly reportedTcb: RawTcb;
  /** Version 3 and later. */
  readonly cpuid: CpuId | undefined;
  /** 64 bytes; zero where the host masks it and under a VLEK. */
  readonly chipId: Uint8Array;
  readonly committedTcb: RawTcb;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  readonly launchTcb: RawTcb;
  /** Version 5. */
  readonly launchMitVector: bigint | undefined;
  /** Version 5. */
  readonly currentMitVector: bigint | undefined;
  /** r||s, 96 bytes, big endian (IEEE P1363). */
  readonly signature: Uint8Array;
}

/** Shape and reserved bytes only; unknown PLATFORM_INFO bits stay visible. `bytes` is copied. */
export function parseReport(bytes: Uint8Array): Result<Report> {
  if (bytes.length !== reportLength) return fail(failure("snp.report-length", `${bytes.length} bytes`));
  const raw = bytes.slice();
  const view = viewOf(raw);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  const u64 = (offset: number): bigint => view.getBigUint64(offset, true);
  const field = (offset: number, length: number): Uint8Array => raw.slice(offset, offset + length);

  const version = versions.find((known) => known === u32(0x000));
  if (version === undefined) return fail(failure("snp.report-version", `version ${u32(0x000)}`));
  if (u32(0x034) !== ecdsaP384Sha384) return fail(failure("snp.report-signature-algorithm", `algorithm ${u32(0x034)}`));
  for (const [offset, length] of reservedRanges[version]) {
    if (!isZero(raw.subarray(offset, offset + length))) return fail(failure("snp.report-reserved", `0x${offset.toString(16)}`));
  }

  const flags = u32(0x048);
  if (flags >>> flagBits !== 0) return fail(failure("snp.report-flags", `0x${flags.toString(16)}`));
  const signingKey = signingKeys[(flags >>> 2) & 7];
  if (signingKey === undefined) return fail(failure("snp.report-signing-key", `SIGNING_KEY ${(flags >>> 2) & 7}`));
  const signature = signatureOf(raw);
  // Without a signature the whole field is zero or meaningless, and there is nothing that its padding could hide.
  if (signature === undefined && signingKey !== "none") return fail(failure("snp.report-signature-padding"));

  const policy = parseGuestPolicy(u64(0x008));
  if (!policy.ok) return policy;
  return ok({
    raw,
    version,
    guestSvn: u32(0x004),
    policy: policy.value,
    familyId: field(0x010, 16),
    imageId: field(0x020, 16),
    vmpl: u32(0x030),
    currentTcb: field(0x038, 8),
    platformInfo: parsePlatformInfo(u64(0x040)),
    authorKeyEn: (flags & 1) !== 0,
    maskChipKey: (flags & 2) !== 0,
    signingKey,
    reportData: field(0x050, 64),
    measurement: field(0x090, 48),
    hostData: field(0x0c0, 32),
    idKeyDigest: field(0x0e0, 48),
    authorKeyDigest: field(0x110, 48),
    reportId: field(0x140, 32),
    reportIdMa: field(0x160, 32),
    reportedTcb: field(0x180, 8),
    cpuid: version === 2 ? undefined : { family: view.getUint8(0x188), model: view.getUint8(0x189), stepping: view.getUint8(0x18a) },
    chipId: field(0x1a0, 64),
    committedTcb: field(0x1e0, 8),
    currentVersion: firmwareVersion(raw, 0x1e8),
    committedVersion: firmwareVersion(raw, 0x1ec),
    launchTcb: field(0x1f0, 8),
    launchMitVector: version === 5 ? u64(0x1f8) : undefined,
    currentMitVector: version === 5 ? u64(0x200) : undefined,
    signature: signature ?? new Uint8Array(2 * scalarLength),
  });
}

/** "1.55.29". */
export function firmwareText({ major, minor, build }: FirmwareVersion): string {
  return `${major}.${minor}.${build}`;
}

/** AMD stores build, minor, major. */
function firmwareVersion(raw: Uint8Array, offset: number): FirmwareVersion {
  const [build = 0, minor = 0, major = 0] = raw.subarray(offset, offset + 3);
  return { major, minor, build };
}

/** R and S, little endian in 72 bytes each, to r||s, big endian in 48 bytes each. Undefined where the padding is not zero. */
function signatureOf(raw: Uint8Array): Uint8Array | undefined {
  const r = raw.subarray(signedLength, signedLength + scalarField);
  const s = raw.subarray(signedLength + scalarField, signedLength + 2 * scalarField);
  const rest = raw.subarray(signedLength + 2 * scalarField);
  if (!isZero(r.subarray(scalarLength)) || !isZero(s.subarray(scalarLength)) || !isZero(rest)) return undefined;
  return concat(r.slice(0, scalarLength).reverse(), s.slice(0, scalarLength).reverse());
}

const versions: readonly ReportVersion[] = [2, 3, 5];
const ecdsaP384Sha384 = 1;
/** AUTHOR_KEY_EN, MASK_CHIP_KEY and three bits of SIGNING_KEY. */
const flagBits = 5;
const signingKeys: Readonly<Partial<Record<number, Signer | "none">>> = { 0: "vcek", 1: "vlek", 7: "none" };
const scalarField = 72;
const scalarLength = 48;

type Range = readonly [offset: number, length: number];
const inEveryVersion: readonly Range[] = [
  [0x04c, 4],
  [0x1eb, 1],
  [0x1ef, 1],
];
/** AMD 56860, table ATTESTATION_REPORT: version 3 gave the CPUID bytes a meaning, version 5 the mitigation vectors. */
const reservedRanges: Readonly<Record<ReportVersion, readonly Range[]>> = {
  2: [...inEveryVersion, [0x188, 24], [0x1f8, 168]],
  3: [...inEveryVersion, [0x18b, 21], [0x1f8, 168]],
  5: [...inEveryVersion, [0x18b, 21], [0x208, 152]],
};
