// Writes the revocation list that a simulated ARK publishes, right or wrong in one stated way. RFC 5280, section 5.
// AMD lists issuers only: its leaves all have serial 0, so that an entry for one ("leaf-revoked") would name every leaf, and no one.
import { bitString, context, integer, sequence, time } from "./der.ts";
import { distinguishedName, encodeExtensions, pssAlgorithm } from "./certificate.ts";
import { authorityKey, keyIdentifier } from "./authority.ts";
import type { Instant } from "../base/clock.ts";
import type { Extension, TrailerField } from "./certificate.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { SigningKey } from "./signing.ts";

export const revocationKinds = [
  "empty",
  "ark-revoked",
  "ask-revoked",
  "asvk-revoked",
  "leaf-revoked",
  "stale",
  "not-yet-valid",
  "no-next-update",
  "delta",
  "wrong-issuer",
  "wrong-signature",
  "signed-by-ask",
] as const;
export type RevocationKind = (typeof revocationKinds)[number];

export interface RevocationFields {
  readonly thisUpdate: Instant;
  /** Undefined leaves it out. */
  readonly nextUpdate: Instant | undefined;
  readonly revoked: readonly number[];
  readonly issuer: string;
  readonly key: SigningKey;
  readonly extensions: readonly Extension[];
  /** "explicit" unless given. */
  readonly trailerField?: TrailerField;
}

/** @returns DER, as it would be published at `at`. */
export function revocationList(hierarchy: Hierarchy, at: Instant, kind: RevocationKind = "empty"): Uint8Array {
  const { ark, ask, asvk } = hierarchy.authorities;
  const fields: RevocationFields = {
    thisUpdate: at - day,
    nextUpdate: at + published,
    revoked: [],
    issuer: ark.name,
    key: ark.key,
    extensions: [authorityKey(keyIdentifier(ark.key, hierarchy.crypto)), crlNumber],
  };
  const variants: { readonly [kind in RevocationKind]: Partial<RevocationFields> } = {
    empty: {},
    "ark-revoked": { revoked: [ark.serial] },
    "ask-revoked": { revoked: [ask.serial] },
    "asvk-revoked": { revoked: [asvk.serial] },
    "leaf-revoked": { revoked: [leafSerial] },
    stale: { thisUpdate: at - day - published, nextUpdate: at - day },
    "not-yet-valid": { thisUpdate: at + day },
    "no-next-update": { nextUpdate: undefined },
    delta: { extensions: [...fields.extensions, deltaIndicator] },
    "wrong-issuer": { issuer: ask.name, key: ask.key },
    "wrong-signature": { key: forger(ark.key) },
    "signed-by-ask": { key: ask.key },
  };
  return signRevocationList({ ...fields, ...variants[kind] });
}

/** For a list that none of the kinds names. */
export function signRevocationList(fields: RevocationFields): Uint8Array {
  const algorithm = pssAlgorithm(fields.trailerField ?? "explicit");
  const entries = fields.revoked.map((serial) => sequence(integer(serial), time(fields.thisUpdate)));
  const version2 = integer(1);
  const toBeSigned = sequence(
    version2,
    algorithm,
    distinguishedName(fields.issuer),
    time(fields.thisUpdate),
    ...(fields.nextUpdate === undefined ? [] : [time(fields.nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    context(0, encodeExtensions(fields.extensions)),
  );
  return sequence(toBeSigned, algorithm, bitString(fields.key.sign(toBeSigned)));
}

/** Signs with this key, and then changes one bit. */
function forger(key: SigningKey): SigningKey {
  return {
    spki: key.spki,
    sign(message) {
      const signature = key.sign(message).slice();
      signature[0] = (signature[0] ?? 0) ^ 1;
      return signature;
    },
  };
}

const leafSerial = 0;
const crlNumber: Extension = { oid: "2.5.29.20", value: integer(1) };
const deltaIndicator: Extension = { oid: "2.5.29.27", critical: true, value: integer(1) };
const day = 24 * 60 * 60 * 1000;
/** AMD's lists run for six to seven weeks. */
const published = 45 * day;
