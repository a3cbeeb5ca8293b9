// What can go wrong in core/snp, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const snpFailures = {
  "snp.report-length": {
    family: "malformed",
    peer: "malformed",
    sentence: "The attestation report is not exactly 1184 bytes. Pass the report alone, without a response header or certificate table.",
  },
  "snp.report-version": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The report has a version other than 2, 3 or 5. Look for a Portcullis release that knows this firmware.",
  },
  "snp.report-signature-algorithm": {
    family: "unsupported",
    peer: "unsupported",
    sentence:
      "The report is not signed with ECDSA P-384 and SHA-384. No known processor makes such a report: look into where it came from.",
  },
  "snp.report-reserved": {
    family: "malformed",
    peer: "malformed",
    sentence: "Bytes of the report that must be zero are not. The report was changed, or its firmware is newer than this program.",
  },
  "snp.report-flags": {
    family: "malformed",
    peer: "malformed",
    sentence: "Reserved bits of the report's key flags are set. The report was changed, or its firmware is newer than this program.",
  },
  "snp.report-signing-key": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The report names a kind of signing key that AMD has not defined. Look for a Portcullis release that knows this firmware.",
  },
  "snp.report-signature-padding": {
    family: "malformed",
    peer: "malformed",
    sentence: "The padding of the report's signature is not zero. The report was changed on its way: ask for a new one.",
  },
  "snp.guest-policy-reserved": {
    family: "malformed",
    peer: "malformed",
    sentence: "Reserved bits of the guest policy have a value that AMD does not allow. The report was changed, or its firmware is too new.",
  },
  "snp.tcb-reserved": {
    family: "malformed",
    peer: "malformed",
    sentence: "Reserved bytes of a TCB version are not zero for this product. Check that the right product was named for this report.",
  },
  "snp.cert-table": {
    family: "malformed",
    peer: "malformed",
    sentence: "The host's certificate table is damaged. Portcullis can fetch the certificates itself: have the host pass an empty table.",
  },
  "snp.id-block-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The bytes are not an ID block (96 bytes) or an ID authentication block (4096 bytes). Make them anew.",
  },
  "snp.id-block-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The ID key did not sign this ID block: the host's firmware would refuse the launch. Sign the block anew.",
  },
  "snp.id-key-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The author key did not sign this ID key: the host's firmware would refuse the launch. Sign the ID key anew.",
  },
} as const satisfies Record<string, FailureEntry>;
