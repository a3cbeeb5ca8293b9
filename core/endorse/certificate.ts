// What does an X.509 certificate of AMD's hierarchy say? RFC 5280, as far as AMD uses it: RSASSA-PSS with SHA-384 signatures only.
// Shape only: a parsed certificate is not a verified one.
import { equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import {
  bitStringBytes,
  childrenOf,
  contextTag,
  DerFault,
  derTag,
  expectDerThroughout,
  expectTag,
  readDer,
  timeOf,
  unsigned,
} from "./der.ts";
import type { DerNode } from "./der.ts";
import { parseEach } from "./pem.ts";
import { isAmdSignatureAlgorithm } from "./pss-algorithm.ts";
import { readX509 } from "./x509.ts";
import type { KeyUsage, X509View } from "./x509.ts";

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
  /** Common names, for people and for AMD's naming rule. */
  readonly subjectName: string;
  readonly issuerName: string;
  readonly serial: bigint;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Undefined where the extension is absent. */
  readonly keyUsage: KeyUsage | undefined;
  /** By dotted object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

/** Exactly one DER certificate, nothing after it. */
export function parseCertificate(der: Uint8Array): Result<Certificate> {
  if (der.length > maximumCertificate) return fail(failure("endorse.certificate-malformed", `${der.length} bytes`));
  try {
    return read(der.slice());
  } catch (cause) {
    // Both readers throw on malformed input, @peculiar/x509 with errors of many kinds: here each means "not a certificate".
    const detail = cause instanceof DerFault ? cause.message : "extension";
    return fail(failure("endorse.certificate-malformed", detail, cause));
  }
}

/** @param bytes DER, or PEM with one certificate or several. */
export function certificatesFrom(bytes: Uint8Array): Result<Certificate[]> {
  return parseEach(bytes, {
    label: "CERTIFICATE",
    maximum: maximumBundle,
    malformed: "endorse.certificate-malformed",
    parse: parseCertificate,
  });
}

function read(der: Uint8Array): Result<Certificate> {
  const whole = readDer(der, derTag.sequence);
  expectDerThroughout(whole);
  const [tbs, algorithm, signature, ...others] = childrenOf(whole);
  if (others.length > 0) throw new DerFault("more than three parts");
  const fields = childrenOf(expectTag(tbs, derTag.sequence));
  // Unique identifiers, the only other fields there could be, are not in AMD's certificates.
  if (fields.length !== 8) throw new DerFault("not the eight fields of a version 3 certificate");
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki, extensions] = fields;
  if (unsigned(childrenOf(expectTag(version, contextTag(0)))[0]) !== version3) throw new DerFault("not version 3");
  expectTag(extensions, contextTag(3));
  const [notBefore, notAfter] = childrenOf(expectTag(validity, derTag.sequence));

  const outer = expectTag(algorithm, derTag.sequence);
  const inner = expectTag(innerAlgorithm, derTag.sequence);
  if (!equalBytes(outer.bytes, inner.bytes) || !isAmdSignatureAlgorithm(outer)) return fail(failure("endorse.signature-algorithm"));

  const view = readX509(der);
  // SECURITY: failures quote these names to people: nothing of them may steer a terminal, or pass for other text.
  if (![view.subjectName, view.issuerName].every((name) => plainName.test(name))) throw new DerFault("common name");
  if (view.extensions.some(({ oid }) => oid.length > longestOid)) throw new DerFault("object identifier too long");
  const unknown = view.extensions.find(({ oid, critical }) => critical && !understood.has(oid));
  if (unknown !== undefined) return fail(failure("endorse.certificate-extension", unknown.oid));
  return ok({
    der,
    tbs: bytesOf(tbs),
    spki: bytesOf(expectTag(spki, derTag.sequence)),
    signature: bitStringBytes(signature),
    subject: bytesOf(expectTag(subject, derTag.sequence)),
    issuer: bytesOf(expectTag(issuer, derTag.sequence)),
    subjectName: view.subjectName,
    issuerName: view.issuerName,
    serial: unsigned(serial),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    isCa: view.isCa,
    pathLength: view.pathLength,
    keyUsage: view.keyUsage,
    extensions: extensionsOf(view),
  });
}

function extensionsOf(view: X509View): Map<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  for (const { oid, critical, value } of view.extensions) {
    if (extensions.has(oid)) throw new DerFault(`duplicate extension ${oid}`);
    // AMD's own extensions are not all DER inside (hwID is raw bytes); those of X.509 are.
    if (oid.startsWith(standardExtensions)) expectDerThroughout(readDer(value));
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

function bytesOf(node: DerNode | undefined): Uint8Array {
  return expectTag(node, derTag.sequence).bytes;
}

/** basicConstraints and keyUsage. */
const understood: ReadonlySet<string> = new Set(["2.5.29.19", "2.5.29.15"]);
const standardExtensions = "2.5.29.";
const version3 = 2n;
/** X.520 allows 64 characters; AMD's are short ASCII. */
const plainName = /^[\x20-\x7e]{0,64}$/;
/** AMD's are below 1,700 bytes. */
const maximumCertificate = 8_192;
const maximumBundle = 65_536;
/** In characters; AMD's have 25 at most. */
const longestOid = 128;
