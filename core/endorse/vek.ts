// Which chip, or which provider, and which TCB does a VCEK or VLEK certificate speak for? AMD 57230, the extensions under
// 1.3.6.1.4.1.3704.1. Never decides the product of a report: that comes from the report.
import { equalBytes } from "../base/bytes.ts";
import type { FailureCode } from "../base/failure.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Fail, Result } from "../base/result.ts";
import { products } from "../snp/product.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";
import type { Certificate } from "./certificate.ts";
import { DerFault, derTag, readDer, unsigned } from "./der.ts";

export interface Vek {
  readonly certificate: Certificate;
  readonly signer: Signer;
  /** From productName. */
  readonly product: Product;
  readonly structVersion: number;
  /** "Milan-B0", "Genoa", "Turin" …: a stepping may follow the product. */
  readonly productName: string;
  readonly tcb: Tcb;
  /** VCEK only: 64 bytes, Turin 8. */
  readonly hwId: Uint8Array | undefined;
  /** VLEK only. */
  readonly cspId: string | undefined;
}

export function parseVek(certificate: Certificate): Result<Vek> {
  // SECURITY: a leaf that could issue certificates would let a chip vouch for another.
  if (certificate.isCa || certificate.keyUsage?.certSign === true) return fail(failure("endorse.vek-is-ca", certificate.subjectName));
  const signer = signers.get(certificate.subjectName);
  if (signer === undefined) return fail(failure("endorse.vek-kind", certificate.subjectName));
  if (!isP384(certificate.spki)) return fail(failure("endorse.vek-key"));
  try {
    return read(certificate, signer);
  } catch (cause) {
    if (cause instanceof DerFault) return no("endorse.vek-extension", cause.message);
    throw cause;
  }
}

function read(certificate: Certificate, signer: Signer): Result<Vek> {
  const extension = (suffix: string): Uint8Array | undefined => certificate.extensions.get(`${amdExtensions}.${suffix}`)?.value;
  const level = (suffix: string): number => small(extension(suffix), suffix);

  const productName = ia5(extension("2"), "2");
  const product = products.find((known) => productName === known || productName.startsWith(`${known}-`));
  if (product === undefined) return no("endorse.vek-extension", `productName ${productName}`);
  const structVersion = level("1");
  if (structVersion !== (product === "Turin" ? 1 : 0)) return no("endorse.vek-extension", `structVersion ${structVersion}`);
  const fmc = product === "Turin" ? level("3.9") : undefined;
  if (product !== "Turin" && extension("3.9") !== undefined) return no("endorse.vek-extension", "fmcSPL on a product without one");
  for (const suffix of reservedLevels) {
    if (extension(suffix) !== undefined && level(suffix) !== 0) return no("endorse.vek-extension", `reserved ${suffix} is not zero`);
  }

  const written = extension("4");
  const hwId = written === undefined ? undefined : unwrapped(written, hwIdLengths[product]);
  const cspId = extension("5");
  // SECURITY: a VLEK has no hwID; where both or neither are there, nobody can say what this certificate speaks for.
  if ((hwId !== undefined) !== (signer === "vcek") || (cspId !== undefined) !== (signer === "vlek")) {
    return no("endorse.vek-kind", certificate.subjectName);
  }
  // SECURITY: the length follows from the product: a short id on a product with long ones must fail.
  if (hwId !== undefined && hwId.length !== hwIdLengths[product]) return no("endorse.vek-extension", `hwID of ${hwId.length} bytes`);
  return ok({
    certificate,
    signer,
    product,
    structVersion,
    productName,
    tcb: { product, fmc, bootloader: level("3.1"), tee: level("3.2"), snp: level("3.3"), microcode: level("3.8") },
    hwId,
    cspId: cspId === undefined ? undefined : ia5(cspId, "5"),
  });
}

/**
 * AMD writes the id raw, and raw bytes may begin like DER: only its exact length says whether it stands in an OCTET STRING, the form that a
 * later key service may write.
 */
function unwrapped(written: Uint8Array, length: number): Uint8Array {
  const wrapped = written.length === length + 2 && written[0] === derTag.octetString && written[1] === length;
  return wrapped ? written.subarray(2) : written;
}

/** A security patch level: one byte's worth of DER INTEGER. */
function small(value: Uint8Array | undefined, suffix: string): number {
  if (value === undefined) throw new DerFault(`${suffix} is missing`);
  const number = unsigned(readDer(value));
  if (number > 0xffn) throw new DerFault(`${suffix} is above 255`);
  return Number(number);
}

function ia5(value: Uint8Array | undefined, suffix: string): string {
  if (value === undefined) throw new DerFault(`${suffix} is missing`);
  const { content } = readDer(value, derTag.ia5String);
  if (content.length > maximumText || content.some((byte) => byte < 0x20 || byte > 0x7e)) throw new DerFault(`${suffix} is not plain text`);
  return String.fromCharCode(...content);
}

function isP384(spki: Uint8Array): boolean {
  return spki.length === p384SpkiLength && equalBytes(spki.subarray(0, p384SpkiPrefix.length), p384SpkiPrefix);
}

function no(code: FailureCode, detail: string): Fail {
  return fail(failure(code, detail));
}

const amdExtensions = "1.3.6.1.4.1.3704.1";
/** AMD 57230: the common name says which of the two this is. */
const signers: ReadonlyMap<string, Signer> = new Map([
  ["SEV-VCEK", "vcek"],
  ["SEV-VLEK", "vlek"],
]);
/** spl4 to spl7. */
const reservedLevels = ["3.4", "3.5", "3.6", "3.7"] as const;
const hwIdLengths: Readonly<Record<Product, number>> = { Milan: 64, Genoa: 64, Turin: 8 };
const maximumText = 128;
/** RFC 5480: SEQUENCE { SEQUENCE { ecPublicKey, secp384r1 }, BIT STRING { uncompressed point } }. */
const p384SpkiPrefix = new Uint8Array([
  0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
  0x04,
]);
const p384SpkiLength = 120;
