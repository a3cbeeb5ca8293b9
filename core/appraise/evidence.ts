// What did the agent hand in, and by which digests is it named? The evidence digest names exact bytes (audit); the claims digest names
// what a person approved, so that a re-challenge of the same VM keeps the approval. PROTOCOL: "What must always hold", 1 and 2.
import { concat, u32be } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { utf8 } from "../base/utf8.ts";
import type { Certificate } from "../endorse/certificate.ts";
import { signedLength } from "../snp/report.ts";

export interface Evidence {
  /** 1184 bytes, as received. */
  readonly reportBytes: Uint8Array;
  /** AMD certificate table as received; hints only. */
  readonly certificateTable: Uint8Array | undefined;
}

/** 48 bytes. */
export function evidenceDigest({ reportBytes, certificateTable }: Evidence, primitives: Primitives): Uint8Array {
  const table = certificateTable ?? new Uint8Array(0);
  return primitives.digest("sha384", evidenceDomain, u32be(reportBytes.length), reportBytes, u32be(table.length), table);
}

/** 48 bytes: every signed claim but REPORT_DATA, which is new in each challenge, and the key that signed. */
export function claimsDigest(reportBytes: Uint8Array, vek: Certificate, primitives: Primitives): Uint8Array {
  const claims = reportBytes.slice(0, signedLength);
  claims.fill(0, reportDataStart, reportDataEnd);
  return primitives.digest("sha384", claimsDomain, concat(claims, primitives.digest("sha256", vek.der)));
}

const evidenceDomain = utf8("portcullis evidence v1");
const claimsDomain = utf8("portcullis claims v1");
const reportDataStart = 0x50;
const reportDataEnd = 0x90;
