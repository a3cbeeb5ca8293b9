// The certificates and revocation lists that speak for one chip, from wherever they came. Parsed, not verified.
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { certificatesFrom } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import { crlsFrom } from "./crl.ts";
import type { Crl } from "./crl.ts";

export interface Endorsements {
  readonly vek: Certificate;
  readonly issuers: readonly Certificate[];
  readonly crls: readonly Crl[];
}

/** Each part DER, or PEM; `issuers` and `crls` may hold bundles. */
export interface RawEndorsements {
  readonly vek: Uint8Array;
  readonly issuers: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/** How parts are read: by the parsers, or by what remembers their answers. */
export interface EndorsementReaders {
  vekFrom(bytes: Uint8Array): Result<readonly Certificate[]>;
  issuersFrom(bytes: Uint8Array): Result<readonly Certificate[]>;
  crlsFrom(bytes: Uint8Array): Result<readonly Crl[]>;
}

export function parseEndorsements(raw: RawEndorsements, readers: EndorsementReaders = parsers): Result<Endorsements> {
  const veks = readers.vekFrom(raw.vek);
  if (!veks.ok) return veks;
  const [vek, ...others] = veks.value;
  if (vek === undefined || others.length > 0) return fail(failure("endorse.vek-count", `${veks.value.length} certificates`));
  const issuers = gather(raw.issuers, (bytes) => readers.issuersFrom(bytes));
  if (!issuers.ok) return issuers;
  const crls = gather(raw.crls, (bytes) => readers.crlsFrom(bytes));
  if (!crls.ok) return crls;
  return ok({ vek, issuers: issuers.value, crls: crls.value });
}

function gather<T>(parts: readonly Uint8Array[], parse: (bytes: Uint8Array) => Result<readonly T[]>): Result<T[]> {
  const all: T[] = [];
  for (const part of parts) {
    const found = parse(part);
    if (!found.ok) return found;
    all.push(...found.value);
    if (all.length > maximumParts) return fail(failure("endorse.too-many", `more than ${maximumParts}`));
  }
  return ok(all);
}

const parsers: EndorsementReaders = { vekFrom: certificatesFrom, issuersFrom: certificatesFrom, crlsFrom };
/** Three products with ARK, ASK and ASVK each, and as many again for reissues. */
const maximumParts = 18;
