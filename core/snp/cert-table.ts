// Which certificates did the host hand to the guest? GHCB 2.x (AMD 56421), MSG_REPORT_REQ certificate table: hints only, never trusted.
import type { Result } from "../base/result.ts";

export type CertTableRole = "vcek" | "vlek" | "ask" | "ark" | "crl";

export interface CertTableEntry {
  /** 16 bytes in textual order. */
  readonly guid: Uint8Array;
  /** Undefined for a GUID that is not AMD's. */
  readonly role: CertTableRole | undefined;
  readonly bytes: Uint8Array;
}

export interface CertTable {
  readonly entries: readonly CertTableEntry[];
}

export function parseCertTable(bytes: Uint8Array): Result<CertTable> {
  throw new Error(`not built yet: ${bytes.length}`);
}

export function encodeCertTable(entries: readonly { readonly role: CertTableRole; readonly bytes: Uint8Array }[]): Uint8Array {
  throw new Error(`not built yet: ${entries.length}`);
}
