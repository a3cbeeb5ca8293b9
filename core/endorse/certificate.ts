// What does an X.509 certificate of AMD's hierarchy say? RFC 5280, as far as AMD uses it: RSASSA-PSS with SHA-384 signatures only.
// Shape only: a parsed certificate is not a verified one.
import type { Instant } from "../base/clock.ts";
import type { Result } from "../base/result.ts";

export type KeyUsage = "digitalSignature" | "keyCertSign" | "cRLSign" | "other";

export interface CertificateExtension {
  readonly critical: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array;
}

export interface Certificate {
  /** As received. */
  readonly der: Uint8Array;
  /** The signed part. */
  readonly tbs: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** 512 bytes under an RSA-4096 issuer. */
  readonly signature: Uint8Array;
  /** The whole Name, DER: names are compared by these bytes. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** Common names, for people. */
  readonly subjectName: string;
  readonly issuerName: string;
  readonly serial: bigint;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Undefined where the extension is absent. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** By dotted object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

export function parseCertificate(der: Uint8Array): Result<Certificate> {
  throw new Error(`not built yet: ${der.length}`);
}

/** @param bytes DER, or PEM with one certificate or several. */
export function certificatesFrom(bytes: Uint8Array): Result<Certificate[]> {
  throw new Error(`not built yet: ${bytes.length}`);
}
