// What does a certificate revocation list of AMD say? RFC 5280 section 5, as far as AMD uses it: full, direct lists of version 2 with a
// nextUpdate, signed with RSASSA-PSS and SHA-384. Shape only: nothing here is verified.
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
import { extensionsOf } from "./x509.ts";

export interface Crl {
  /** As received. */
  readonly der: Uint8Array;
  /** The signed part. */
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
  /** The whole Name, DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  /** Serial numbers. */
  readonly revoked: ReadonlySet<bigint>;
}

/** Exactly one DER list, nothing after it. */
export function parseCrl(der: Uint8Array): Result<Crl> {
  if (der.length > maximumCrl) return fail(failure("endorse.crl-malformed", `${der.length} bytes`));
  try {
    return read(der.slice());
  } catch (cause) {
    if (cause instanceof DerFault) return fail(failure("endorse.crl-malformed", cause.message, cause));
    throw cause;
  }
}

/** @param bytes DER, or PEM with one list or several. */
export function crlsFrom(bytes: Uint8Array): Result<Crl[]> {
  return parseEach(bytes, { label: "X509 CRL", maximum: 2 * maximumCrl, malformed: "endorse.crl-malformed", parse: parseCrl });
}

function read(der: Uint8Array): Result<Crl> {
  const whole = readDer(der, derTag.sequence);
  expectDerThroughout(whole);
  const [tbs, algorithm, signature, ...others] = childrenOf(whole);
  if (others.length > 0) throw new DerFault("more than three parts");
  const outer = expectTag(algorithm, derTag.sequence);
  const fields = childrenOf(expectTag(tbs, derTag.sequence));
  const next = (): DerNode | undefined => fields.shift();

  if (unsigned(next()) !== version2) throw new DerFault("not version 2");
  const inner = expectTag(next(), derTag.sequence);
  if (!equalBytes(outer.bytes, inner.bytes) || !isAmdSignatureAlgorithm(outer)) return fail(failure("endorse.signature-algorithm", "CRL"));
  const issuer = expectTag(next(), derTag.sequence).bytes;
  const thisUpdate = timeOf(next());
  // Optional in X.509, but without it a list would be current for ever.
  const nextUpdate = timeOf(next());
  const entries = fields[0]?.tag === derTag.sequence ? childrenOf(fields[0]) : [];
  if (fields[0]?.tag === derTag.sequence) next();
  const extensions = next();
  if (extensions !== undefined) {
    const [listed, ...more] = childrenOf(expectTag(extensions, contextTag(0)));
    if (more.length > 0) throw new DerFault("more than one list of extensions");
    expectKnown(listed, listExtensions);
  }
  if (fields.length > 0) throw new DerFault("more fields than a list has");
  if (nextUpdate < thisUpdate) throw new DerFault("nextUpdate before thisUpdate");

  return ok({
    der,
    tbs: expectTag(tbs, derTag.sequence).bytes,
    signature: bitStringBytes(signature),
    issuer,
    thisUpdate,
    nextUpdate,
    revoked: new Set(entries.map(serialOf)),
  });
}

function serialOf(entry: DerNode): bigint {
  const [serial, date, extensions, ...others] = childrenOf(entry, derTag.sequence);
  timeOf(date);
  if (extensions !== undefined) expectKnown(extensions, entryExtensions);
  if (others.length > 0) throw new DerFault("more fields than an entry has");
  return unsigned(serial);
}

/** SECURITY: a delta list or one of limited scope is told by an extension, so every extension must be one that changes nothing here. */
function expectKnown(extensions: DerNode | undefined, known: ReadonlySet<string>): void {
  for (const oid of extensionsOf(extensions).keys()) if (!known.has(oid)) throw new DerFault(`extension ${oid}`);
}

const version2 = 1n;
/** authorityKeyIdentifier and cRLNumber. */
const listExtensions: ReadonlySet<string> = new Set(["2.5.29.35", "2.5.29.20"]);
/** reasonCode and invalidityDate: whatever the reason, the certificate counts as revoked. */
const entryExtensions: ReadonlySet<string> = new Set(["2.5.29.21", "2.5.29.24"]);
/** AMD's have at most a few entries. */
const maximumCrl = 131_072;
