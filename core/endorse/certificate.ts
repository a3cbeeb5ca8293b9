// What does an X.509 certificate of AMD's hierarchy say? RFC 5280, as far as AMD uses it: RSASSA-PSS with SHA-384 signatures only.
// Shape only: a parsed certificate is not a verified one.
import { equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { bitStringBytes, childrenOf, contextTag, DerFault, derTag, expectTag, readDer, timeOf, unsigned } from "./der.ts";
import type { DerNode } from "./der.ts";
import { expectDerThroughout } from "./der-throughout.ts";
import { parseEach } from "./pem.ts";
import { isAmdSignatureAlgorithm } from "./pss-algorithm.ts";
import { basicConstraintsOf, commonNameOf, extensionsOf, keyUsageOf } from "./x509.ts";
import type { KeyUsage, X509Extension } from "./x509.ts";

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
  readonly extensions: ReadonlyMap<string, X509Extension>;
}

/** Exactly one DER certificate, nothing after it. */
export function parseCertificate(der: Uint8Array): Result<Certificate> {
  if (der.length > maximumCertificate) return fail(failure("endorse.certificate-malformed", `${der.length} bytes`));
  try {
    return read(der.slice());
  } catch (cause) {
    if (cause instanceof DerFault) return fail(failure("endorse.certificate-malformed", cause.message, cause));
    throw cause;
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
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki, extensionList] = fields;
  const [number, ...otherNumbers] = childrenOf(expectTag(version, contextTag(0)));
  if (unsigned(number) !== version3 || otherNumbers.length > 0) throw new DerFault("not version 3");
  const [notBefore, notAfter, ...otherTimes] = childrenOf(expectTag(validity, derTag.sequence));
  if (otherTimes.length > 0) throw new DerFault("more than two times");

  const outer = expectTag(algorithm, derTag.sequence);
  const inner = expectTag(innerAlgorithm, derTag.sequence);
  if (!equalBytes(outer.bytes, inner.bytes) || !isAmdSignatureAlgorithm(outer)) return fail(failure("endorse.signature-algorithm"));

  const [subjectName, issuerName] = [commonNameOf(subject), commonNameOf(issuer)];
  // SECURITY: failures quote these names to people: nothing of them may steer a terminal, or pass for other text.
  if (![subjectName, issuerName].every((name) => plainName.test(name))) throw new DerFault("common name");
  const [listed, ...otherLists] = childrenOf(expectTag(extensionList, contextTag(3)));
  if (otherLists.length > 0) throw new DerFault("more than one list of extensions");
  const extensions = extensionsOf(listed);
  const unknown = [...extensions].find(([oid, { critical }]) => critical && !understood.has(oid));
  if (unknown !== undefined) return fail(failure("endorse.certificate-extension", unknown[0]));
  const { isCa, pathLength } = basicConstraintsOf(extensions.get(basicConstraints));
  return ok({
    der,
    tbs: bytesOf(tbs),
    spki: bytesOf(expectTag(spki, derTag.sequence)),
    signature: bitStringBytes(signature),
    subject: bytesOf(expectTag(subject, derTag.sequence)),
    issuer: bytesOf(expectTag(issuer, derTag.sequence)),
    subjectName,
    issuerName,
    serial: unsigned(serial),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    isCa,
    pathLength,
    keyUsage: keyUsageOf(extensions.get(keyUsage)),
    extensions,
  });
}

function bytesOf(node: DerNode | undefined): Uint8Array {
  return expectTag(node, derTag.sequence).bytes;
}

const basicConstraints = "2.5.29.19";
const keyUsage = "2.5.29.15";
const understood: ReadonlySet<string> = new Set([basicConstraints, keyUsage]);
const version3 = 2n;
/** X.520 allows 64 characters; AMD's are short ASCII. */
const plainName = /^[\x20-\x7e]{0,64}$/;
/** AMD's are below 1,700 bytes. */
const maximumCertificate = 8_192;
const maximumBundle = 65_536;
