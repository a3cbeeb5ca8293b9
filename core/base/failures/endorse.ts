// What can go wrong in core/endorse, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const endorseFailures = {
  "endorse.certificate-malformed": {
    family: "malformed",
    peer: "not-accepted",
    sentence: "A certificate is not one well-formed DER or PEM X.509 certificate of AMD's kind. Get the file again from AMD's key service.",
  },
  "endorse.certificate-extension": {
    family: "unsupported",
    peer: "not-accepted",
    sentence: "A certificate has a critical extension that this program does not know. Look for a newer Portcullis release.",
  },
  "endorse.signature-algorithm": {
    family: "unsupported",
    peer: "not-accepted",
    sentence:
      "A certificate or revocation list is not signed with RSASSA-PSS and SHA-384, as AMD's are. Get it again from AMD's key service.",
  },
  "endorse.too-many": {
    family: "limited",
    peer: "not-accepted",
    sentence: "More certificates or revocation lists were passed than any chain needs. Pass only those of the products in use.",
  },
  "endorse.vek-count": {
    family: "malformed",
    peer: "not-accepted",
    sentence: "The VCEK or VLEK file must hold exactly one certificate. Pass the issuers as chain files.",
  },
  "endorse.vek-extension": {
    family: "malformed",
    peer: "not-accepted",
    sentence: "AMD's extensions in the VCEK or VLEK certificate are missing or malformed. Fetch the certificate of this chip again.",
  },
  "endorse.vek-kind": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The signing certificate is neither a VCEK (with a hardware id) nor a VLEK (with a provider id). Pass the one that signed the report.",
  },
  "endorse.vek-key": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate's key is not on P-384, as every VCEK and VLEK is. Fetch the certificate of this chip again.",
  },
  "endorse.vek-is-ca": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate claims that it may issue certificates, which no VCEK or VLEK may. Find out who handed it in.",
  },
  "endorse.product-not-anchored": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "No trusted root is pinned for this product. Simulated processors are accepted only for VMs that are enrolled as simulated.",
  },
  "endorse.root-missing": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The product's root certificate (ARK) is not among the certificates. Pass the chain of this product, or let Portcullis fetch it.",
  },
  "endorse.root-not-pinned": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "A root certificate has AMD's name but not AMD's fingerprint. Do not trust its source; pass the chain that AMD publishes.",
  },
  "endorse.root-unsound": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The pinned root certificate is not a self-signed certificate authority. If the anchors are your own, make them again.",
  },
  "endorse.issuer-missing": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The intermediate certificate (ASK for a VCEK, ASVK for a VLEK) is not among the certificates. Pass the chain of this product.",
  },
  "endorse.issuer-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The pinned root did not sign the intermediate certificate. Do not trust its source; pass the chain that AMD publishes.",
  },
  "endorse.issuer-not-ca": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The intermediate certificate is not an authority for leaf certificates. Pass the chain that AMD publishes.",
  },
  "endorse.vek-issuer": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate has another issuer than the report's product and kind of key need. Pass the one that belongs to it.",
  },
  "endorse.vek-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "AMD's intermediate key did not sign the signing certificate. It is forged or damaged: fetch the certificate of this chip again.",
  },
  "endorse.certificate-not-yet-valid": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "A certificate is not valid yet. If it should be, check this machine's clock.",
  },
  "endorse.certificate-expired": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "A certificate has expired. If it should not have, check this machine's clock; otherwise fetch a new one.",
  },
  "endorse.crl-malformed": {
    family: "malformed",
    peer: "try-later",
    sentence: "A revocation list is not one well-formed, full X.509 list with a next update. Get the file again from AMD's key service.",
  },
  "endorse.crl-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The pinned root did not sign the revocation list that bears its name. Get the list again from AMD's key service.",
  },
  "endorse.crl-not-yet-valid": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The revocation list is from the future. Check this machine's clock.",
  },
  "endorse.crl-expired": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The revocation list is out of date. Fetch the current one from AMD's key service, and check this machine's clock.",
  },
  "endorse.revocation-unavailable": {
    family: "unavailable",
    peer: "try-later",
    sentence: "There is no revocation list of this product's root. Fetch it from AMD's key service, or waive the check with a reason.",
  },
  "endorse.issuer-revoked": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "AMD has revoked a certificate of this chain. Fetch the current chain and a new certificate for this chip.",
  },
  "endorse.bundle-malformed": {
    family: "malformed",
    peer: "not-accepted",
    sentence: "The file is not a collateral bundle as Portcullis writes it. Make it again with collateral export or collateral pack.",
  },
  "endorse.bundle-version": {
    family: "unsupported",
    peer: "not-accepted",
    sentence:
      "The collateral bundle has a version that this program does not know. Use the Portcullis release that made it, or a newer one.",
  },
  "endorse.bundle-misstated": {
    family: "malformed",
    peer: "not-accepted",
    sentence:
      "The collateral bundle states something else than its certificate or list says: it was changed. Make it again, and find out who did.",
  },
  "endorse.bundle-item": {
    family: "unsupported",
    peer: "not-accepted",
    sentence: "This is neither a certificate nor a revocation list of AMD's hierarchy. Leave it out, and pass AMD's own files.",
  },
  "endorse.bundle-too-large": {
    family: "limited",
    peer: "not-accepted",
    sentence: "The collateral is more than one bundle may hold. Make several, one for each product or part of the fleet.",
  },
} as const satisfies Record<string, FailureEntry>;
