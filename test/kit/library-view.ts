// What does @peculiar/x509, a reader that is not ours, read in a certificate? The other opinion for tests of core/endorse: what both take must say
// the same. It reads BER, so it also takes what ours refuses.
import "reflect-metadata";
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from "@peculiar/x509";
import { toHex } from "../../core/base/bytes.ts";
import type { Certificate } from "../../core/endorse/certificate.ts";

export interface LibraryView {
  readonly fields: Pick<Certificate, "subjectName" | "issuerName" | "isCa" | "pathLength" | "keyUsage">;
  /** Object identifier, whether critical, content in hex; in their order. */
  readonly extensions: readonly (readonly [string, boolean, string])[];
}

/** @returns undefined where the package refuses: it also reads keys and extensions that nobody here asks for. */
export function libraryView(der: Uint8Array): LibraryView | undefined {
  try {
    return viewOf(new X509Certificate(der.slice()));
  } catch {
    return undefined;
  }
}

function viewOf(certificate: X509Certificate): LibraryView {
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  const has = (flag: KeyUsageFlags): boolean => ((usages ?? 0) & flag) !== 0;
  return {
    fields: {
      subjectName: certificate.subjectName.getField("CN").join("+"),
      issuerName: certificate.issuerName.getField("CN").join("+"),
      isCa: constraints?.ca ?? false,
      pathLength: constraints?.pathLength,
      keyUsage: usages === undefined ? undefined : { certSign: has(KeyUsageFlags.keyCertSign), crlSign: has(KeyUsageFlags.cRLSign) },
    },
    extensions: certificate.extensions.map(({ type, critical, value }) => [type, critical, toHex(new Uint8Array(value))]),
  };
}
