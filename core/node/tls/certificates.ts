// What do the manager's own certificates look like? A P-384 CA that signs nothing but leaves, and P-256 leaves for TLS servers only,
// because Ed25519 fails in BoringSSL clients. RFC 5280. Never sees the keychain or the network.
import "reflect-metadata";
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { toHex } from "../../base/bytes.ts";
import { Secret } from "../../base/secret.ts";
import type { webcrypto } from "node:crypto";
import type { Instant } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";

/** Cannot be exported from here again. */
export interface CaKey {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly spki: Uint8Array;
}

export interface Leaf {
  /** PKCS#8, PEM. In memory only. */
  readonly key: string;
  /** Leaf first, then the CA, PEM. */
  readonly chain: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export async function makeCaKey(): Promise<{ readonly key: CaKey; readonly pkcs8: Secret }> {
  const pair = await crypto.subtle.generateKey(caAlgorithm, true, ["sign", "verify"]);
  const pkcs8 = new Secret(new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)));
  const key = await readCaKey(pkcs8);
  if (key === undefined) throw new Error("a key that was just made cannot be read");
  return { key, pkcs8 };
}

/** @returns undefined where the secret is not a P-384 key in PKCS#8. */
export async function readCaKey(secret: Secret): Promise<CaKey | undefined> {
  const copy = secret.use((pkcs8) => Buffer.from(pkcs8));
  try {
    const parsed = createPrivateKey({ key: copy, format: "der", type: "pkcs8" });
    const spki = new Uint8Array(createPublicKey(parsed).export({ format: "der", type: "spki" }));
    const privateKey = await crypto.subtle.importKey("pkcs8", copy, caAlgorithm, false, ["sign"]);
    const publicKey = await crypto.subtle.importKey("spki", spki, caAlgorithm, true, ["verify"]);
    return { privateKey, publicKey, spki };
  } catch {
    return undefined;
  } finally {
    copy.fill(0);
  }
}

/** @returns DER. Valid for twenty years: it is pinned by its key, and a VM's clock is the host's to set. */
export async function makeCaCertificate(key: CaKey, now: Instant, random: Random): Promise<Uint8Array> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(random),
    name: "CN=Portcullis manager CA",
    notBefore: new Date(now - day),
    notAfter: new Date(now + caLife),
    keys: { privateKey: key.privateKey, publicKey: key.publicKey },
    signingAlgorithm: caSigning,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(key.publicKey),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

/** With a key of its own, made here. */
export async function makeLeaf(ca: CaKey, caCertificate: Uint8Array, now: Instant, random: Random): Promise<Leaf> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const notBefore = now - day;
  const notAfter = now + leafLife;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(random),
    subject: "CN=Portcullis manager",
    issuer: "CN=Portcullis manager CA",
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: pair.publicKey,
    signingKey: ca.privateKey,
    signingAlgorithm: caSigning,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], true),
      new SubjectAlternativeNameExtension([{ type: "dns", value: serverName }]),
      await AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }).toString();
  pkcs8.fill(0);
  const chain = [new Uint8Array(certificate.rawData), caCertificate].map((der) => new X509Certificate(der).toString()).join("");
  return { key, chain, notBefore, notAfter };
}

/** SubjectPublicKeyInfo, DER. */
export function spkiOf(certificate: Uint8Array): Uint8Array {
  return new Uint8Array(new X509Certificate(certificate).publicKey.export({ format: "der", type: "spki" }));
}

/** RFC 5280, 4.1.2.2: positive, at most 20 bytes. */
function serial(random: Random): string {
  return `01${toHex(random.bytes(15))}`;
}

/** In every leaf, for clients that insist on a name; what counts is the pinned key. */
export const serverName = "manager.portcullis.internal";
const caAlgorithm = { name: "ECDSA", namedCurve: "P-384" };
const caSigning = { name: "ECDSA", hash: "SHA-384" };
const day = 86_400_000;
const caLife = 20 * 365 * day;
const leafLife = 30 * day;
