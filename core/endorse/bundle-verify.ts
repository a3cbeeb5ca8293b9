// Does each item of a bundle go back to the pinned root of its product? The same links as chain.ts, for issuers and lists that have no VEK
// beside them too. Says nothing about revocation: a list that withdraws an issuer must be taken in, and is asked at every launch.
import { equalBytes } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import type { CollateralItem } from "./bundle-item.ts";
import type { Certificate } from "./certificate.ts";
import { certificateValidity, findIssuer, findRoot, verifyChain } from "./chain.ts";
import type { ChainInput } from "./chain.ts";
import type { TrustAnchors } from "./roots.ts";

export interface ItemVerification {
  /** ARKs, ASKs and ASVKs from anywhere; only what the pins lead to is believed. */
  readonly issuers: readonly Certificate[];
  readonly anchors: TrustAnchors;
  readonly at: Instant;
  readonly primitives: Primitives;
}

/** @returns undefined where it verifies. An outdated list of the root's verifies: that it is outdated is {@link bundleExpiry}'s answer. */
export function itemFailure(item: CollateralItem, { issuers, anchors, at, primitives }: ItemVerification): Failure | undefined {
  const { product } = item;
  const pin = anchors.ark[product];
  if (pin === undefined) return failure("endorse.product-not-anchored", product);
  const all = "certificate" in item ? [item.certificate, ...issuers] : issuers;
  if (item.kind === "vcek" || item.kind === "vlek") {
    const verdict = verifyChain({ vek: item.certificate, issuers, anchors, product, signer: item.kind, at, primitives });
    return verdict.ok ? undefined : verdict.failures[0];
  }
  const root = findRoot({ issuers: item.kind === "ark" ? all.slice(0, 1) : all, product, primitives }, pin);
  if ("code" in root) return root;
  if (item.kind === "crl") return listFailure(item.crl, root, at, primitives);
  if (item.kind === "ark") return certificateValidity(root, at)[0];
  const signer = item.kind === "ask" ? "vcek" : "vlek";
  // Alone among the issuers, it is found where it is sound, and no VEK has to choose.
  const alone: ChainInput = { vek: item.certificate, issuers: [item.certificate], anchors, product, signer, at, primitives };
  const issuer = findIssuer(alone, root);
  return "code" in issuer ? issuer : [...certificateValidity(root, at), ...certificateValidity(issuer, at)][0];
}

type List = Extract<CollateralItem, { readonly kind: "crl" }>["crl"];

function listFailure(
  { issuer, tbs, signature, thisUpdate }: List,
  root: Certificate,
  at: Instant,
  primitives: Primitives,
): Failure | undefined {
  const genuine = equalBytes(issuer, root.subject) && root.keyUsage?.crlSign === true && primitives.verifyPss384(root.spki, tbs, signature);
  if (!genuine) return failure("endorse.crl-signature", root.subjectName);
  // SECURITY: a list from the future would take the place of the current one.
  return at >= thisUpdate ? undefined : failure("endorse.crl-not-yet-valid", `from ${rfc3339(thisUpdate)}`);
}
