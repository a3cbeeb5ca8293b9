// The certificates and revocation lists that speak for one chip, from wherever they came. Parsed, not verified.
import type { Result } from "../base/result.ts";
import type { Certificate } from "./certificate.ts";
import type { Crl } from "./revocation.ts";

export interface Endorsements {
  readonly vek: Certificate;
  readonly issuers: readonly Certificate[];
  readonly crls: readonly Crl[];
}

/** Each part DER, or PEM; `issuers` may hold bundles. */
export interface RawEndorsements {
  readonly vek: Uint8Array;
  readonly issuers: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

export function parseEndorsements(raw: RawEndorsements): Result<Endorsements> {
  throw new Error(`not built yet: ${raw.vek.length}`);
}
