// Does this VCEK or VLEK come from the pinned root of its product? AMD 57230: ARK -> ASK -> VCEK, ARK -> ASVK -> VLEK; the two never mix.
// Every link that can be judged is judged. Never asks about revocation: revocation.ts does.
import { equalBytes } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Instant } from "../base/clock.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import type { Failure } from "../base/failure.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Certificate } from "./certificate.ts";
import type { ArkPin, TrustAnchors } from "./roots.ts";

export interface ChainInput {
  readonly vek: Certificate;
  /** In any order; strangers among them are ignored. */
  readonly issuers: readonly Certificate[];
  readonly anchors: TrustAnchors;
  /** Of the report, never of the certificate. */
  readonly product: Product;
  readonly signer: Signer;
  readonly at: Instant;
  readonly primitives: Primitives;
}

/** With failures, `ark` and `issuer` are there where they themselves are in order, so that revocation can still be judged. */
export type ChainVerdict =
  | { readonly ok: true; readonly ark: Certificate; readonly issuer: Certificate }
  | {
      readonly ok: false;
      readonly failures: readonly [Failure, ...Failure[]];
      readonly ark?: Certificate | undefined;
      readonly issuer?: Certificate | undefined;
    };

export function verifyChain(input: ChainInput): ChainVerdict {
  const { vek, at, product, signer, primitives } = input;
  const pin = input.anchors.ark[product];
  if (pin === undefined) return { ok: false, failures: [failure("endorse.product-not-anchored", product)] };

  const root = findRoot(input, pin);
  if ("code" in root) return { ok: false, failures: [root, ...certificateValidity(vek, at)] };
  const issuer = findIssuer(input, root);
  if ("code" in issuer)
    return { ok: false, failures: [issuer, ...certificateValidity(root, at), ...certificateValidity(vek, at)], ark: root };

  const failures: Failure[] = [];
  if (!equalBytes(vek.issuer, issuer.subject)) {
    failures.push(failure("endorse.vek-issuer", `${vek.issuerName} where ${issuerName(product, signer)} is needed`));
  } else if (!primitives.verifyPss384(issuer.spki, vek.tbs, vek.signature)) {
    failures.push(failure("endorse.vek-signature", vek.subjectName));
  }
  for (const certificate of [root, issuer, vek]) failures.push(...certificateValidity(certificate, at));
  const [first, ...others] = failures;
  return first === undefined ? { ok: true, ark: root, issuer } : { ok: false, failures: [first, ...others], ark: root, issuer };
}

type RootInput = Pick<ChainInput, "issuers" | "product" | "primitives">;

/** The certificate that the pin names, if it is a root in every other respect too. */
export function findRoot({ issuers, product, primitives }: RootInput, pin: ArkPin): Certificate | Failure {
  const root = issuers.find(({ der }) => equalBytes(primitives.digest("sha256", der), pin.certificate));
  if (root === undefined) {
    const impostor = issuers.find(({ subjectName, subject, issuer }) => subjectName === `ARK-${product}` && equalBytes(subject, issuer));
    return failure(impostor === undefined ? "endorse.root-missing" : "endorse.root-not-pinned", `ARK-${product}`);
  }
  const sound =
    equalBytes(primitives.digest("sha256", root.spki), pin.spki) &&
    equalBytes(root.subject, root.issuer) &&
    mayIssue(root) &&
    primitives.verifyPss384(root.spki, root.tbs, root.signature);
  return sound ? root : failure("endorse.root-unsound", `ARK-${product}`);
}

/** The ASK or ASVK that the root really signed. AMD has reissued one: of several, the one that signed this VEK. */
export function findIssuer({ vek, issuers, product, signer, primitives }: ChainInput, root: Certificate): Certificate | Failure {
  const name = issuerName(product, signer);
  const named = issuers.filter(({ subjectName, issuer }) => subjectName === name && equalBytes(issuer, root.subject));
  if (named.length === 0) return failure("endorse.issuer-missing", name);
  const signed = named.filter(({ tbs, signature }) => primitives.verifyPss384(root.spki, tbs, signature));
  if (signed.length === 0) return failure("endorse.issuer-signature", name);
  // SECURITY: pathlen 0: what an ASK signs is a leaf and can never be an issuer.
  const authorities = signed.filter((certificate) => mayIssue(certificate) && certificate.pathLength === 0);
  const [first] = authorities;
  if (first === undefined) return failure("endorse.issuer-not-ca", name);
  if (authorities.length === 1) return first;
  return authorities.find(({ spki }) => primitives.verifyPss384(spki, vek.tbs, vek.signature)) ?? first;
}

function mayIssue({ isCa, keyUsage }: Certificate): boolean {
  return isCa && keyUsage?.certSign === true;
}

export function certificateValidity({ subjectName, notBefore, notAfter }: Certificate, at: Instant): Failure[] {
  // Asked this way round, an instant that is no number is within no certificate's time.
  if (!(at >= notBefore)) return [failure("endorse.certificate-not-yet-valid", `${subjectName} from ${rfc3339(notBefore)}`)];
  if (!(at <= notAfter)) return [failure("endorse.certificate-expired", `${subjectName} until ${rfc3339(notAfter)}`)];
  return [];
}

function issuerName(product: Product, signer: Signer): string {
  return signer === "vcek" ? `SEV-${product}` : `SEV-VLEK-${product}`;
}
