// The simulator's keys on node:crypto, for OpenSSL and BoringSSL builds. Only simulated processors and authorities sign with these;
// the manager's own keys never come here.
import { constants, createECDH, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { nodePrimitives } from "../primitives.ts";
import type { KeyObject } from "node:crypto";
import type { SigningKey, SimulatorCrypto } from "../../simulator/signing.ts";

export const nodeSimulatorCrypto: SimulatorCrypto = {
  digest: (name, ...parts) => nodePrimitives.digest(name, ...parts),

  deriveP384(seed) {
    const curve = createECDH("secp384r1");
    curve.setPrivateKey(seed);
    const point = curve.getPublicKey();
    const coordinate = (from: number): string => point.subarray(from, from + scalarLength).toString("base64url");
    const key = createPrivateKey({
      format: "jwk",
      key: {
        kty: "EC",
        crv: "P-384",
        x: coordinate(1),
        y: coordinate(1 + scalarLength),
        d: Buffer.from(seed).toString("base64url"),
      },
    });
    return {
      spki: spkiOf(key),
      sign: (message) => new Uint8Array(sign("sha384", message, { key, dsaEncoding: "ieee-p1363" })),
    };
  },
};

/** @param key an RSA-4096 private key. */
export function rsaSigningKey(key: KeyObject): SigningKey {
  // BoringSSL needs the salt length said; "sha384" also chooses the MGF1 digest.
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  return { spki: spkiOf(key), sign: (message) => new Uint8Array(sign("sha384", message, pss)) };
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }));
}

const scalarLength = 48;
