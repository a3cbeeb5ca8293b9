// Has AMD withdrawn an issuer? RFC 5280 section 5, full CRLs signed by the ARK only. Leaves all have serial 0, so the entries that matter
// are ASK, ASVK and ARK. A missing or stale list is "unavailable", never a silent pass.
import { equalBytes } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Certificate } from "./certificate.ts";
import type { Crl } from "./crl.ts";

export interface RevocationInput {
  /** Lists of other issuers are ignored. */
  readonly crls: readonly Crl[];
  readonly ark: Certificate;
  readonly issuer: Certificate;
  readonly at: Instant;
  readonly primitives: Primitives;
}

/** One list of this ARK that is genuine and current is needed; an entry counts in any genuine one, for revocation is for ever. */
export function checkRevocation({ crls, ark, issuer, at, primitives }: RevocationInput): Result<true> {
  const own = crls.filter((crl) => equalBytes(crl.issuer, ark.subject));
  const maySign = ark.keyUsage?.crlSign === true;
  const genuine = own.filter(({ tbs, signature }) => maySign && primitives.verifyPss384(ark.spki, tbs, signature));
  const revoked = [issuer, ark].find(({ serial }) => genuine.some((crl) => crl.revoked.has(serial)));
  if (revoked !== undefined)
    return fail(failure("endorse.issuer-revoked", `${revoked.subjectName}, serial 0x${revoked.serial.toString(16)}`));
  if (own.length === 0) return fail(failure("endorse.revocation-unavailable", ark.subjectName));
  if (genuine.length === 0) return fail(failure("endorse.crl-signature", ark.subjectName));
  const stale = genuine.map((crl) => staleness(crl, at));
  const [first] = stale;
  return first === undefined || stale.includes(undefined) ? ok(true) : fail(first);
}

function staleness({ thisUpdate, nextUpdate }: Crl, at: Instant): Failure | undefined {
  if (!(at >= thisUpdate)) return failure("endorse.crl-not-yet-valid", `from ${rfc3339(thisUpdate)}`);
  if (!(at <= nextUpdate)) return failure("endorse.crl-expired", `until ${rfc3339(nextUpdate)}`);
  return undefined;
}
