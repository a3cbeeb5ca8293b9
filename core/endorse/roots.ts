// Which roots are believed? A fingerprint for each product's ARK; certificates themselves may come from anywhere and must match.
// AMD's values are those of the certificates that its key service publishes. Never reads a root from the evidence.
import { fromHex } from "../base/bytes.ts";
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

export const amdAnchors: TrustAnchors = {
  kind: "amd",
  ark: {
    Milan: pin(
      "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
      "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
    ),
    Genoa: pin(
      "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
      "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
    ),
    Turin: pin(
      "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
      "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
    ),
  },
};

function pin(certificate: string, spki: string): ArkPin {
  return { certificate: digest(certificate), spki: digest(spki) };
}

function digest(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes?.length !== 32) throw new Error("a pin is not a SHA-256 digest");
  return bytes;
}
