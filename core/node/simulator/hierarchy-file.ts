// The form of the file that keeps a simulated hierarchy: strict JSON with the keys as PKCS #8 and the certificates as DER, in base64.
// A file that is not exactly that, or whose keys and certificates do not belong together, is not read.
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { fromBase64, toBase64 } from "../../base/bytes.ts";
import { JsonFault, canonicalBytes, parseJson } from "../../base/json.ts";
import { fromUtf8 } from "../../base/utf8.ts";
import { simulatedOrganization } from "../../simulator/certificate.ts";
import type { KeyObject } from "node:crypto";
import type { Json, JsonObject } from "../../base/json.ts";
import type { Product } from "../../snp/product.ts";
import type { AuthorityRole } from "../../simulator/authority.ts";

export interface SavedAuthority {
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
}

export interface HierarchyFile {
  readonly product: Product;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly authorities: { readonly [role in AuthorityRole]: SavedAuthority };
}

export function encodeHierarchyFile({ product, secret, authorities }: HierarchyFile): Uint8Array {
  const saved = ({ key, certificate }: SavedAuthority): JsonObject => ({
    key: toBase64(key.export({ format: "der", type: "pkcs8" })),
    certificate: toBase64(certificate),
  });
  const { ark, ask, asvk } = authorities;
  return canonicalBytes({ version, product, secret: toBase64(secret), ark: saved(ark), ask: saved(ask), asvk: saved(asvk) });
}

/** @returns undefined where the bytes are not such a file for this product. */
export function parseHierarchyFile(bytes: Uint8Array, product: Product): HierarchyFile | undefined {
  const whole = objectFrom(bytes);
  if (whole === undefined || whole["version"] !== version || whole["product"] !== product) return undefined;
  const secret = bytesFrom(whole["secret"]);
  const ark = authorityFrom(whole["ark"]);
  const ask = authorityFrom(whole["ask"], ark);
  const asvk = authorityFrom(whole["asvk"], ark);
  if (secret?.length !== secretLength || ark === undefined || ask === undefined || asvk === undefined) return undefined;
  return { product, secret, authorities: { ark, ask, asvk } };
}

/** @param issuer the authority itself unless given. */
function authorityFrom(value: Json | undefined, issuer?: SavedAuthority): SavedAuthority | undefined {
  if (!isObject(value)) return undefined;
  const pkcs8 = bytesFrom(value["key"]);
  const certificate = bytesFrom(value["certificate"]);
  if (pkcs8 === undefined || certificate === undefined) return undefined;
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
    const parsed = new X509Certificate(certificate);
    if (!parsed.verify(createPublicKey(issuer?.key ?? key))) return undefined;
    // SECURITY: nobody can make the simulator sign under a name that does not say what it is.
    if (!parsed.checkPrivateKey(key) || !parsed.subject.split("\n").includes(`O=${simulatedOrganization}`)) return undefined;
    return { key, certificate };
  } catch {
    return undefined;
  }
}

function objectFrom(bytes: Uint8Array): JsonObject | undefined {
  if (bytes.length > maximumLength) return undefined;
  try {
    const value = parseJson(fromUtf8(bytes) ?? "");
    return isObject(value) ? value : undefined;
  } catch (fault) {
    if (fault instanceof JsonFault) return undefined;
    throw fault;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bytesFrom(value: Json | undefined): Uint8Array | undefined {
  return typeof value === "string" ? fromBase64(value) : undefined;
}

const version = 1;
const secretLength = 32;
const maximumLength = 65_536;
