// What is one part of a collateral bundle, going by its DER alone? A root, an intermediate, a chip's or a provider's certificate, or a
// revocation list, by AMD's names (57230). Shape only: an item is not a verified one.
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { products } from "../snp/product.ts";
import type { Product } from "../snp/product.ts";
import { certificatesFrom, parseCertificate } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import { crlsFrom, parseCrl } from "./crl.ts";
import type { Crl } from "./crl.ts";
import { parseVek } from "./vek.ts";
import type { Vek } from "./vek.ts";

interface Common {
  readonly product: Product;
  readonly der: Uint8Array;
  /** notBefore, or thisUpdate. */
  readonly from: Instant;
  /** notAfter, or nextUpdate. */
  readonly until: Instant;
  /** When it was had from AMD, where that is known. Stated by whoever made the bundle; nothing proves it. */
  readonly fetchedAt?: Instant;
}

export interface IssuerItem extends Common {
  readonly kind: "ark" | "ask" | "asvk";
  readonly certificate: Certificate;
}

export interface VekItem extends Common {
  readonly kind: "vcek" | "vlek";
  readonly certificate: Certificate;
  readonly vek: Vek;
}

export interface CrlItem extends Common {
  readonly kind: "crl";
  readonly crl: Crl;
}

export type CollateralItem = IssuerItem | VekItem | CrlItem;

/** `endorse.bundle-item`, and what the parsers of certificates and of VEKs say. */
export function itemFromCertificate(certificate: Certificate, fetchedAt?: Instant): Result<IssuerItem | VekItem> {
  const { der, subjectName, notBefore: from, notAfter: until } = certificate;
  const common = { der, from, until, certificate, ...(fetchedAt === undefined ? {} : { fetchedAt }) };
  if (subjectName === "SEV-VCEK" || subjectName === "SEV-VLEK") {
    const vek = parseVek(certificate);
    return vek.ok ? ok({ ...common, kind: vek.value.signer, product: vek.value.product, vek: vek.value }) : vek;
  }
  for (const product of products) {
    const kind = issuerKinds.find(([, prefix]) => subjectName === `${prefix}${product}`)?.[0];
    if (kind !== undefined) return ok({ ...common, kind, product });
  }
  return fail(failure("endorse.bundle-item", subjectName));
}

/** `endorse.bundle-item` where its issuer has not the name of a root of AMD's. */
export function itemFromCrl(crl: Crl, fetchedAt?: Instant): Result<CrlItem> {
  // The common name is in the issuer's DER as it is.
  const issuer = Array.from(crl.issuer, (byte) => String.fromCharCode(byte)).join("");
  const [product, ...others] = products.filter((known) => issuer.includes(`ARK-${known}`));
  if (product === undefined || others.length > 0) return fail(failure("endorse.bundle-item", "a revocation list of another issuer"));
  const { der, thisUpdate: from, nextUpdate: until } = crl;
  return ok({ kind: "crl", product, der, from, until, crl, ...(fetchedAt === undefined ? {} : { fetchedAt }) });
}

/** Exactly one DER value. */
export function itemFromDer(der: Uint8Array, isCrl: boolean, fetchedAt?: Instant): Result<CollateralItem> {
  if (isCrl) {
    const crl = parseCrl(der);
    return crl.ok ? itemFromCrl(crl.value, fetchedAt) : crl;
  }
  const certificate = parseCertificate(der);
  return certificate.ok ? itemFromCertificate(certificate.value, fetchedAt) : certificate;
}

/** @param bytes of a file: certificates or revocation lists, DER or PEM. */
export function itemsFromFile(bytes: Uint8Array, fetchedAt?: Instant): Result<CollateralItem[]> {
  const crls = crlsFrom(bytes);
  const certificates = crls.ok ? ok([]) : certificatesFrom(bytes);
  // A file that is neither is most often meant to be a certificate.
  if (!certificates.ok) return certificates;
  const items: CollateralItem[] = [];
  const parts = crls.ok ? crls.value.map((crl) => itemFromCrl(crl, fetchedAt)) : [];
  for (const item of [...parts, ...certificates.value.map((certificate) => itemFromCertificate(certificate, fetchedAt))]) {
    if (!item.ok) return item;
    items.push(item.value);
  }
  return ok(items);
}

const issuerKinds = [
  ["ark", "ARK-"],
  ["ask", "SEV-"],
  ["asvk", "SEV-VLEK-"],
] as const;
