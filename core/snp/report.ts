// What does an SEV-SNP attestation report say? Shape only: nothing here is verified or judged.
// AMD 56860 (SEV-SNP firmware ABI), table ATTESTATION_REPORT. All integers are little endian.
import type { Result } from "../base/result.ts";
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

export function parseReport(bytes: Uint8Array): Result<Report> {
  throw new Error(`not built yet: ${bytes.length}`);
}
