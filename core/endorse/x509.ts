// The few things that Portcullis takes from @peculiar/x509, behind types of its own: the package's types speak of the DOM, core has none.
// The package reads BER: callers have checked with der.ts that the bytes are DER throughout.
import "reflect-metadata";
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from "@peculiar/x509";

export interface KeyUsage {
  readonly certSign: boolean;
  readonly crlSign: boolean;
}

export interface X509View {
  readonly subjectName: string;
  readonly issuerName: string;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Undefined where the extension is absent. */
  readonly keyUsage: KeyUsage | undefined;
  readonly extensions: readonly { readonly oid: string; readonly critical: boolean; readonly value: Uint8Array }[];
}

/** Throws what the package throws. */
export function readX509(der: Uint8Array): X509View {
  const certificate = new X509Certificate(der.slice().buffer);
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  return {
    subjectName: certificate.subjectName.getField("CN").join("+"),
    issuerName: certificate.issuerName.getField("CN").join("+"),
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    keyUsage:
      usages === undefined
        ? undefined
        : { certSign: (usages & KeyUsageFlags.keyCertSign) !== 0, crlSign: (usages & KeyUsageFlags.cRLSign) !== 0 },
    extensions: certificate.extensions.map(({ type, critical, value }) => ({ oid: type, critical, value: new Uint8Array(value) })),
  };
}
