// Writes X.509 certificates in the form that AMD's hierarchy has, under names that say SIMULATED.
// RFC 5280, RFC 4055, AMD 57230. Tag for tag the form of AMD's published certificates. Never reads one.
import {
  bitString,
  boolean,
  context,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  printableString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";
import type { Instant } from "../base/clock.ts";
import type { SigningKey } from "./signing.ts";

/** Leaves issued up to the middle of 2024 state the trailer field, later ones leave out the default. Both occur, both must be accepted. */
export type TrailerField = "explicit" | "omitted";

export interface Extension {
  /** Dotted decimal. */
  readonly oid: string;
  readonly critical?: boolean;
  /** The content of extnValue, as is: AMD's hwID puts raw bytes there. */
  readonly value: Uint8Array;
}

export interface CertificateFields {
  readonly serial: number;
  /** Common names; the other parts of the name are always {@link distinguishedName}'s. */
  readonly issuer: string;
  readonly subject: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly trailerField: TrailerField;
}

/** @returns the certificate in DER. */
export function signCertificate(fields: CertificateFields, issuer: SigningKey): Uint8Array {
  const algorithm = pssAlgorithm(fields.trailerField);
  const version3 = context(0, integer(2));
  const toBeSigned = sequence(
    version3,
    integer(fields.serial),
    algorithm,
    distinguishedName(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.subject),
    fields.spki,
    context(3, encodeExtensions(fields.extensions)),
  );
  return sequence(toBeSigned, algorithm, bitString(issuer.sign(toBeSigned)));
}

/** In AMD's order of attributes and AMD's choice of string types. SECURITY: O and OU mark everything the simulator makes. */
export function distinguishedName(commonName: string): Uint8Array {
  return sequence(
    attribute("2.5.4.11", utf8String(simulatedOrganizationalUnit)),
    attribute("2.5.4.6", printableString("ZZ")),
    attribute("2.5.4.7", utf8String("Nowhere")),
    attribute("2.5.4.8", utf8String("NA")),
    attribute("2.5.4.10", utf8String(simulatedOrganization)),
    attribute("2.5.4.3", utf8String(commonName)),
  );
}

/** SEQUENCE OF Extension. */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return sequence(
    ...extensions.map(({ oid, critical = false, value }) =>
      sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  );
}

/** RSASSA-PSS with SHA-384, MGF1-SHA-384, salt 48, trailer 1 (RFC 4055, section 3.1). */
export function pssAlgorithm(trailerField: TrailerField): Uint8Array {
  const sha384 = sequence(objectIdentifier("2.16.840.1.101.3.4.2.2"), nothing());
  const mgf1 = sequence(objectIdentifier("1.2.840.113549.1.1.8"), sha384);
  const trailer = trailerField === "explicit" ? [context(3, integer(1))] : [];
  return sequence(
    objectIdentifier("1.2.840.113549.1.1.10"),
    sequence(context(0, sha384), context(1, mgf1), context(2, integer(48)), ...trailer),
  );
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return set(sequence(objectIdentifier(oid), value));
}

export const simulatedOrganization = "Portcullis SIMULATED";
export const simulatedOrganizationalUnit = "SIMULATED";
