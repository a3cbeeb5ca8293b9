// The three authorities of one simulated product line: ARK, ASK ("SEV-P") and ASVK ("SEV-VLEK-P"), in AMD's form under SIMULATED names.
// AMD 57230. Makes their certificates once; hierarchy.ts issues with them.
import { concat } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";
import { bitString, boolean, context, contextPrimitive, integer, octetString, sequence } from "./der.ts";
import { signCertificate } from "./certificate.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Extension, TrailerField } from "./certificate.ts";
import type { SigningKey, SimulatorCrypto } from "./signing.ts";

export type AuthorityRole = "ark" | "ask" | "asvk";

export interface Authority {
  readonly name: string;
  readonly serial: number;
  readonly key: SigningKey;
  /** DER. */
  readonly certificate: Uint8Array;
}

export type Authorities = { readonly [role in AuthorityRole]: Authority };

/** @param keys RSA-4096 each, as AMD's are. @param trailerField AMD's authorities state it; leaves of today do not. */
export function makeAuthorities(
  product: Product,
  keys: { readonly [role in AuthorityRole]: SigningKey },
  crypto: SimulatorCrypto,
  trailerField: TrailerField = "explicit",
): Authorities {
  const arkId = keyIdentifier(keys.ark, crypto);
  const make = (role: AuthorityRole): Authority => {
    const { name, serial } = authorityNames(product)[role];
    const id = keyIdentifier(keys[role], crypto);
    const extensions =
      role === "ark"
        ? [keyUsage(certSignAndCrlSign), subjectKey(id), basicConstraints(), distributionPoint("vcek", product)]
        : [
            subjectKey(id),
            authorityKey(arkId),
            basicConstraints(0),
            keyUsage(certSign),
            distributionPoint(role === "ask" ? "vcek" : "vlek", product),
          ];
    const certificate = signCertificate(
      {
        serial,
        issuer: authorityNames(product).ark.name,
        subject: name,
        notBefore: authoritiesFrom,
        notAfter: authoritiesUntil,
        spki: keys[role].spki,
        extensions,
        trailerField,
      },
      keys.ark,
    );
    return { name, serial, key: keys[role], certificate };
  };
  return { ark: make("ark"), ask: make("ask"), asvk: make("asvk") };
}

/** Common names and serial numbers follow AMD's scheme, so that logic by role meets the forms it will meet in the field. */
export function authorityNames(product: Product): { readonly [role in AuthorityRole]: { readonly name: string; readonly serial: number } } {
  const first = productNumbers[product] * 0x10000;
  return {
    ark: { name: `ARK-${product}`, serial: first },
    ask: { name: `SEV-${product}`, serial: first + 0x001 },
    asvk: { name: `SEV-VLEK-${product}`, serial: first + 0x101 },
  };
}

/** RFC 7093, section 2, method 1: the first 20 bytes of a SHA-256. */
export function keyIdentifier(key: SigningKey, crypto: SimulatorCrypto): Uint8Array {
  return crypto.digest("sha256", key.spki).slice(0, 20);
}

export function authorityKey(identifier: Uint8Array): Extension {
  return { oid: "2.5.29.35", value: sequence(contextPrimitive(0, identifier)) };
}

function subjectKey(identifier: Uint8Array): Extension {
  return { oid: "2.5.29.14", value: octetString(identifier) };
}

function basicConstraints(pathLength?: number): Extension {
  return { oid: "2.5.29.19", critical: true, value: sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])) };
}

function keyUsage(bits: { readonly byte: number; readonly unused: number }): Extension {
  return { oid: "2.5.29.15", critical: true, value: bitString(Uint8Array.of(bits.byte), bits.unused) };
}

/** The host name can never resolve (RFC 2606). */
function distributionPoint(signer: Signer, product: Product): Extension {
  const address = contextPrimitive(6, utf8(`https://kds.simulated.invalid/${signer}/v1/${product}/crl`));
  return { oid: "2.5.29.31", value: sequence(sequence(context(0, context(0, concat(address))))) };
}

const certSignAndCrlSign = { byte: 0x06, unused: 1 };
const certSign = { byte: 0x04, unused: 2 };
const productNumbers = { Milan: 1, Genoa: 2, Turin: 3 } as const;
/** Constant, so that a test may pick any instant between them. */
const authoritiesFrom = Date.UTC(2020, 0, 1);
const authoritiesUntil = Date.UTC(2045, 0, 1);
