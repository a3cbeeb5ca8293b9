// A simulated AMD for one product line: issues VCEK and VLEK certificates and derives the keys that chips sign with.
// AMD 57230. Everything it makes says SIMULATED and ends in a root that nobody trusts unless a VM is enrolled as simulated.
import { concat } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";
import { encodeTcb } from "../snp/tcb.ts";
import { signCertificate } from "./certificate.ts";
import { vekExtensions } from "./vek-extensions.ts";
import type { Instant } from "../base/clock.ts";
import type { Product } from "../snp/product.ts";
import type { Tcb } from "../snp/tcb.ts";
import type { TrustAnchors } from "../endorse/roots.ts";
import type { Authorities, Authority } from "./authority.ts";
import type { TrailerField } from "./certificate.ts";
import type { SigningKey, SimulatorCrypto } from "./signing.ts";
import type { VekExtensionChoices, VekHolder } from "./vek-extensions.ts";

/** Everything about a leaf that a test may want wrong. What is not given is right. */
export interface LeafChoices extends VekExtensionChoices {
  readonly notBefore?: Instant;
  readonly notAfter?: Instant;
  readonly serial?: number;
  readonly trailerField?: TrailerField;
  /** Another key than the one that the chip signs with. */
  readonly key?: SigningKey;
  /** Another issuer than the ASK (VCEK) or the ASVK (VLEK). */
  readonly issuer?: Pick<Authority, "name" | "key">;
  /** Common name; AMD's are SEV-VCEK and SEV-VLEK. */
  readonly subject?: string;
}

export interface HierarchyParts {
  readonly product: Product;
  readonly authorities: Authorities;
  /** 32 bytes, from which every chip's keys come. Plain bytes, because it protects nothing: what it signs says SIMULATED. */
  readonly secret: Uint8Array;
  readonly crypto: SimulatorCrypto;
}

export class Hierarchy {
  readonly product: Product;
  readonly authorities: Authorities;
  readonly crypto: SimulatorCrypto;
  readonly #secret: Uint8Array;

  constructor({ product, authorities, secret, crypto }: HierarchyParts) {
    this.product = product;
    this.authorities = authorities;
    this.crypto = crypto;
    this.#secret = secret;
  }

  /** CHIP_ID of the simulated chip with this serial: 64 bytes, on Turin 8 and then zeros. The same in every run. */
  chipId(serial = 0): Uint8Array {
    const id = this.crypto.digest("sha512", utf8("portcullis simulator chip id"), this.#secret, utf8(`${this.product} ${serial}`));
    if (this.product === "Turin") id.fill(0, 8);
    return id;
  }

  /** The key with which this chip, or this provider's chips, sign at this TCB. */
  signingKey(tcb: Tcb, holder: VekHolder): SigningKey {
    const who = "chipId" in holder ? concat(utf8("vcek "), holder.chipId) : utf8(`vlek ${holder.cspId}`);
    const seed = this.crypto.digest("sha384", utf8("portcullis simulator key"), this.#secret, encodeTcb(tcb), who);
    return this.crypto.deriveP384(seed);
  }

  /**
   * DER. A VCEK for a chip, valid for seven years, or a VLEK for a provider, valid for one; from the day before `at`, as AMD backdates.
   * Signatures are salted: two calls give two certificates for the same key.
   */
  issue(at: Instant, tcb: Tcb, holder: VekHolder, choices: LeafChoices = {}): Uint8Array {
    const chip = "chipId" in holder;
    const issuer = choices.issuer ?? (chip ? this.authorities.ask : this.authorities.asvk);
    const notBefore = choices.notBefore ?? at - day;
    return signCertificate(
      {
        serial: choices.serial ?? 0,
        issuer: issuer.name,
        subject: choices.subject ?? (chip ? "SEV-VCEK" : "SEV-VLEK"),
        notBefore,
        notAfter: choices.notAfter ?? notBefore + (chip ? 7 : 1) * year,
        spki: (choices.key ?? this.signingKey(tcb, holder)).spki,
        extensions: vekExtensions(tcb, holder, choices),
        trailerField: choices.trailerField ?? "omitted",
      },
      issuer.key,
    );
  }
}

/** What a manager must be given to believe these hierarchies. */
export function trustAnchorsOf(hierarchies: readonly Hierarchy[]): TrustAnchors {
  const pins = hierarchies.map(({ product, authorities: { ark }, crypto }) => [
    product,
    { certificate: crypto.digest("sha256", ark.certificate), spki: crypto.digest("sha256", ark.key.spki) },
  ]);
  return { kind: "simulated", ark: Object.fromEntries(pins) as TrustAnchors["ark"] };
}

const day = 24 * 60 * 60 * 1000;
const year = 365.25 * day;
