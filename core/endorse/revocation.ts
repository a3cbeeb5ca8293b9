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
  /** How long after its nextUpdate a list still counts, by the owner's policy; 0 where it says nothing. */
  readonly graceHours?: number;
  readonly primitives: Primitives;
}

/** The list that was looked at. */
export interface RevocationFinding {
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  /** It has run out, and counts only because the owner's policy gives it time. */
  readonly inGrace: boolean;
}

/** One list of this ARK that is genuine and current is needed; an entry counts in any genuine one, for revocation is for ever. */
export function checkRevocation({ crls, ark, issuer, at, graceHours = 0, primitives }: RevocationInput): Result<RevocationFinding> {
  const own = crls.filter((crl) => equalBytes(crl.issuer, ark.subject));
  const maySign = ark.keyUsage?.crlSign === true;
  const genuine = own.filter(({ tbs, signature }) => maySign && primitives.verifyPss384(ark.spki, tbs, signature));
  const revoked = [issuer, ark].find(({ serial }) => genuine.some((crl) => crl.revoked.has(serial)));
  if (revoked !== undefined)
    return fail(failure("endorse.issuer-revoked", `${revoked.subjectName}, serial 0x${revoked.serial.toString(16)}`));
  if (own.length === 0) return fail(failure("endorse.revocation-unavailable", ark.subjectName));
  if (genuine.length === 0) return fail(failure("endorse.crl-signature", ark.subjectName));
  // The newest first: where one of several will do, it is the one that says most.
  const lists = genuine.toSorted((a, b) => b.thisUpdate - a.thisUpdate);
  const current = lists.find((crl) => staleness(crl, at) === undefined);
  if (current !== undefined) return ok({ thisUpdate: current.thisUpdate, nextUpdate: current.nextUpdate, inGrace: false });
  const graced = lists.find((crl) => staleness({ ...crl, nextUpdate: crl.nextUpdate + graceHours * hour }, at) === undefined);
  if (graced !== undefined) return ok({ thisUpdate: graced.thisUpdate, nextUpdate: graced.nextUpdate, inGrace: true });
  const [newest] = lists;
  return fail((newest === undefined ? undefined : staleness(newest, at)) ?? failure("endorse.revocation-unavailable", ark.subjectName));
}

const hour = 3_600_000;

function staleness({ thisUpdate, nextUpdate }: Crl, at: Instant): Failure | undefined {
  if (!(at >= thisUpdate)) return failure("endorse.crl-not-yet-valid", `from ${rfc3339(thisUpdate)}`);
  if (!(at <= nextUpdate)) return failure("endorse.crl-expired", `until ${rfc3339(nextUpdate)}`);
  return undefined;
}
