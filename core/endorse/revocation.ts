// Has AMD withdrawn an issuer? RFC 5280 section 5, full CRLs signed by the ARK only. Leaves all have serial 0, so the entries that matter
// are ASK, ASVK and ARK. A missing or stale list is "unavailable", never a silent pass.
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import type { Result } from "../base/result.ts";
import type { Certificate } from "./certificate.ts";

export interface Crl {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
  /** Name, DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  readonly revoked: ReadonlySet<bigint>;
}

export interface RevocationInput {
  /** Those of other roots are ignored; every one of this root must be in order. */
  readonly crls: readonly Crl[];
  readonly ark: Certificate;
  readonly issuer: Certificate;
  readonly at: Instant;
  readonly primitives: Primitives;
}

export function parseCrl(der: Uint8Array): Result<Crl> {
  throw new Error(`not built yet: ${der.length}`);
}

export function checkRevocation(input: RevocationInput): Result<true> {
  throw new Error(`not built yet: ${input.at}`);
}
