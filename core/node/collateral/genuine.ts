// What of this stands under a pinned root? Asked before anything is cached, and of everything that comes out of the cache. AMD 57230: ARK,
// then ASK or ASVK, then the leaf. Signatures and issuing rights only: dates and revocation are the verifier's, for every launch anew.
import { equalBytes } from "../../base/bytes.ts";
import { findIssuer, findRoot } from "../../endorse/chain.ts";
import type { Primitives } from "../../base/crypto.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";
import type { TrustAnchors } from "../../endorse/roots.ts";
import type { CollateralQuery } from "../../manager/ports.ts";

export interface Authorities {
  readonly ark: Certificate;
  /** ASKs or ASVKs of the asked product and signer; one at least. AMD has reissued some. */
  readonly issuers: readonly Certificate[];
}

export class GenuineCollateral {
  readonly #anchors: TrustAnchors;
  readonly #primitives: Primitives;

  constructor(anchors: TrustAnchors, primitives: Primitives) {
    this.#anchors = anchors;
    this.#primitives = primitives;
  }

  /** Undefined unless the root and an issuer are among them; what is neither is left out. */
  authorities(all: readonly Certificate[], { product, signer }: Pick<CollateralQuery, "product" | "signer">): Authorities | undefined {
    const anchors = this.#anchors;
    const primitives = this.#primitives;
    const pin = anchors.ark[product];
    const ark = pin === undefined ? undefined : findRoot({ issuers: all, product, primitives }, pin);
    if (ark === undefined || "code" in ark) return undefined;
    // Each alone: then it is found where it is sound, and no leaf has to choose.
    const isIssuer = (one: Certificate): boolean =>
      !("code" in findIssuer({ vek: one, issuers: [one], anchors, product, signer, at: one.notBefore, primitives }, ark));
    const issuers = all.filter(isIssuer);
    return issuers.length === 0 ? undefined : { ark, issuers };
  }

  /** Whether one of these issuers signed it. */
  isLeafOf({ issuers }: Authorities, { issuer, tbs, signature }: Certificate): boolean {
    return issuers.some(({ subject, spki }) => equalBytes(issuer, subject) && this.#primitives.verifyPss384(spki, tbs, signature));
  }

  /** Whether the root signed it. */
  isListOf({ ark }: Authorities, { issuer, tbs, signature }: Crl): boolean {
    const named = equalBytes(issuer, ark.subject) && ark.keyUsage?.crlSign === true;
    return named && this.#primitives.verifyPss384(ark.spki, tbs, signature);
  }
}
