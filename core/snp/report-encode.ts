// Writes an SEV-SNP attestation report, byte for byte, from its fields. AMD 56860, table ATTESTATION_REPORT.
// For the simulated processor and for tests: it writes whatever it is told, sound or not, and never judges. The inverse is report.ts.
import { viewOf } from "../base/bytes.ts";
import { reportLength } from "./report.ts";
import type { CpuId } from "./product.ts";
import type { FirmwareVersion, RawTcb, Signer } from "./report.ts";

/** Lengths as in {@link Report}; a field of another length throws. */
export interface ReportFields {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  /** 1 is ECDSA P-384 with SHA-384. */
  readonly signatureAlgo: number;
  readonly currentTcb: RawTcb;
  readonly platformInfo: bigint;
  readonly authorKeyEn: boolean;
  readonly maskChipKey: boolean;
  /** A number stands for a raw SIGNING_KEY value, 0..7. */
  readonly signingKey: Signer | "none" | number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  readonly reportedTcb: RawTcb;
  /** Undefined leaves the three bytes zero, as version 2 must. */
  readonly cpuid: CpuId | undefined;
  readonly chipId: Uint8Array;
  readonly committedTcb: RawTcb;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  readonly launchTcb: RawTcb;
  /** Zero in versions before 5. */
  readonly launchMitVector: bigint;
  readonly currentMitVector: bigint;
}

/** Bytes to lay over the finished report, for what no field can say (reserved bits, padding). */
export interface BytePatch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * @returns 1184 bytes with the signature field zero. Fields that are not given are zero, but for version 3, SIGNATURE_ALGO 1, POLICY bit 17
 * and no migration agent.
 */
export function encodeReport(given: Partial<ReportFields>, patches: readonly BytePatch[] = []): Uint8Array {
  const fields: ReportFields = { ...emptyFields, ...given };
  const report = new Uint8Array(reportLength);
  const view = viewOf(report);
  view.setUint32(0x000, fields.version, true);
  view.setUint32(0x004, fields.guestSvn, true);
  view.setBigUint64(0x008, fields.policy, true);
  view.setUint32(0x030, fields.vmpl, true);
  view.setUint32(0x034, fields.signatureAlgo, true);
  view.setBigUint64(0x040, fields.platformInfo, true);
  view.setUint32(0x048, flagsOf(fields), true);
  for (const [name, offset, length] of byteFields) place(report, offset, fields[name], length);
  if (fields.cpuid !== undefined) report.set([fields.cpuid.family, fields.cpuid.model, fields.cpuid.stepping], 0x188);
  report.set(versionBytes(fields.currentVersion), 0x1e8);
  report.set(versionBytes(fields.committedVersion), 0x1ec);
  view.setBigUint64(0x1f8, fields.launchMitVector, true);
  view.setBigUint64(0x200, fields.currentMitVector, true);
  for (const { offset, bytes } of patches) report.set(bytes, offset);
  return report;
}

/** @param signature r||s, 96 bytes, big endian. @returns a copy of the report with R and S in AMD's little-endian 72-byte fields. */
export function withSignature(report: Uint8Array, signature: Uint8Array): Uint8Array {
  const signed = report.slice();
  signed.fill(0, signatureOffset);
  signed.set(signature.slice(0, scalarLength).reverse(), signatureOffset);
  signed.set(signature.slice(scalarLength, 2 * scalarLength).reverse(), signatureOffset + paddedScalarLength);
  return signed;
}

function flagsOf({ authorKeyEn, maskChipKey, signingKey }: ReportFields): number {
  const key = typeof signingKey === "number" ? signingKey : signingKeyValues[signingKey];
  return (authorKeyEn ? 1 : 0) | (maskChipKey ? 2 : 0) | (key << 2);
}

/** AMD's order: build, minor, major. */
function versionBytes({ major, minor, build }: FirmwareVersion): Uint8Array {
  return Uint8Array.of(build, minor, major);
}

function place(report: Uint8Array, offset: number, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new Error(`report field at 0x${offset.toString(16)} needs ${length} bytes, not ${bytes.length}`);
  report.set(bytes, offset);
}

const signatureOffset = 0x2a0;
const scalarLength = 48;
const paddedScalarLength = 72;
const signingKeyValues = { vcek: 0, vlek: 1, none: 7 } as const;

const byteFields = [
  ["familyId", 0x010, 16],
  ["imageId", 0x020, 16],
  ["currentTcb", 0x038, 8],
  ["reportData", 0x050, 64],
  ["measurement", 0x090, 48],
  ["hostData", 0x0c0, 32],
  ["idKeyDigest", 0x0e0, 48],
  ["authorKeyDigest", 0x110, 48],
  ["reportId", 0x140, 32],
  ["reportIdMa", 0x160, 32],
  ["reportedTcb", 0x180, 8],
  ["chipId", 0x1a0, 64],
  ["committedTcb", 0x1e0, 8],
  ["launchTcb", 0x1f0, 8],
] as const;

const noVersion: FirmwareVersion = { major: 0, minor: 0, build: 0 };

const emptyFields: ReportFields = {
  version: 3,
  guestSvn: 0,
  policy: 1n << 17n,
  familyId: new Uint8Array(16),
  imageId: new Uint8Array(16),
  vmpl: 0,
  signatureAlgo: 1,
  currentTcb: new Uint8Array(8),
  platformInfo: 0n,
  authorKeyEn: false,
  maskChipKey: false,
  signingKey: "vcek",
  reportData: new Uint8Array(64),
  measurement: new Uint8Array(48),
  hostData: new Uint8Array(32),
  idKeyDigest: new Uint8Array(48),
  authorKeyDigest: new Uint8Array(48),
  reportId: new Uint8Array(32),
  reportIdMa: new Uint8Array(32).fill(0xff),
  reportedTcb: new Uint8Array(8),
  cpuid: undefined,
  chipId: new Uint8Array(64),
  committedTcb: new Uint8Array(8),
  currentVersion: noVersion,
  committedVersion: noVersion,
  launchTcb: new Uint8Array(8),
  launchMitVector: 0n,
  currentMitVector: 0n,
};
