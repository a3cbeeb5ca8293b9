// Does this VCEK or VLEK come from the pinned root of its product? AMD 57230: ARK -> ASK -> VCEK, ARK -> ASVK -> VLEK; the two never mix.
// Every link that can be judged is judged. Never asks about revocation: revocation.ts does.
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import type { Failure } from "../base/failure.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Certificate } from "./certificate.ts";
import type { TrustAnchors } from "./roots.ts";
import type { Vek } from "./vek.ts";

export interface ChainInput {
  readonly vek: Vek;
  /** In any order; strangers among them are ignored. */
  readonly issuers: readonly Certificate[];
  readonly anchors: TrustAnchors;
  readonly product: Product;
  readonly signer: Signer;
  readonly at: Instant;
  readonly primitives: Primitives;
}

/** `ark` and `issuer` are there where they were found and are really signed, even when something else failed. */
export type ChainVerdict =
  | { readonly ok: true; readonly ark: Certificate; readonly issuer: Certificate }
  | { readonly ok: false; readonly failures: readonly Failure[]; readonly ark?: Certificate; readonly issuer?: Certificate };

export function verifyChain(input: ChainInput): ChainVerdict {
  throw new Error(`not built yet: ${input.product}`);
}
