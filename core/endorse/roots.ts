// Which roots are believed? A fingerprint for each product's ARK; certificates themselves may come from anywhere and must match.
// AMD's values: facts of 57230, one per EPYC line. Never reads a root from the evidence.
import type { Product } from "../snp/product.ts";

/** A product without an entry is refused. */
export interface TrustAnchors {
  /** Simulated anchors mark everything that they prove as simulated. */
  readonly kind: "amd" | "simulated";
  readonly ark: Readonly<Partial<Record<Product, ArkPin>>>;
}

export interface ArkPin {
  /** SHA-256 of the ARK certificate's DER, 32 bytes. */
  readonly certificate: Uint8Array;
  /** SHA-256 of its SubjectPublicKeyInfo, 32 bytes. */
  readonly spki: Uint8Array;
}
