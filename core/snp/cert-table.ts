// Which certificates did the host hand to the guest? GHCB 2.x (AMD 56421), certificate table: 24-byte entries of GUID, offset and length,
// an all-zero entry, then the blobs. Hints only, never trusted.
import { concat, fromHex, isZero, toHex, viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Fail, Result } from "../base/result.ts";

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

/** An empty input is an empty table: hosts that supply nothing hand over nothing. Tables fill whole pages, so padding is ignored. */
export function parseCertTable(bytes: Uint8Array): Result<CertTable> {
  if (bytes.length === 0) return ok({ entries: [] });
  if (bytes.length > maximumLength) return damaged(`${bytes.length} bytes`);
  const view = viewOf(bytes);
  const headers: { guid: Uint8Array; offset: number; length: number }[] = [];
  for (let at = 0; ; at += entryLength) {
    if (at + entryLength > bytes.length) return damaged("no end entry");
    if (isZero(bytes.subarray(at, at + entryLength))) break;
    if (headers.length === maximumEntries) return damaged(`more than ${maximumEntries} entries`);
    headers.push({
      guid: bytes.slice(at, at + guidLength),
      offset: view.getUint32(at + guidLength, true),
      length: view.getUint32(at + guidLength + 4, true),
    });
  }

  const firstBlob = (headers.length + 1) * entryLength;
  const seen = new Set<string>();
  const entries: CertTableEntry[] = [];
  for (const { guid, offset, length } of headers) {
    const name = toHex(guid);
    if (seen.has(name)) return damaged(`duplicate ${name}`);
    seen.add(name);
    // Both are below 2^32, so their sum is exact.
    if (offset < firstBlob || length === 0 || offset + length > bytes.length) return damaged(`range of ${name}`);
    entries.push({ guid, role: roles.get(name), bytes: bytes.slice(offset, offset + length) });
  }
  return ok({ entries });
}

/** @param entries at most one of each role. */
export function encodeCertTable(entries: readonly { readonly role: CertTableRole; readonly bytes: Uint8Array }[]): Uint8Array {
  const headers = new Uint8Array((entries.length + 1) * entryLength);
  const view = viewOf(headers);
  let offset = headers.length;
  for (const [index, { role, bytes }] of entries.entries()) {
    const at = index * entryLength;
    headers.set(fromHex(guids[role]) ?? new Uint8Array(guidLength), at);
    view.setUint32(at + guidLength, offset, true);
    view.setUint32(at + guidLength + 4, bytes.length, true);
    offset += bytes.length;
  }
  return concat(headers, ...entries.map(({ bytes }) => bytes));
}

function damaged(detail: string): Fail {
  return fail(failure("snp.cert-table", detail));
}

/** The bytes come in the order in which a GUID is written, unlike the tables of the firmware. */
const guids: Readonly<Record<CertTableRole, string>> = {
  vcek: "63da758de6644564adc5f4b93be8accd",
  vlek: "a8074bc2a25a483eaae639c045a0b8a1",
  ask: "4ab7b379bbac4fe4a02f05aef327c782",
  ark: "c0b406a4a803495297433fb6014cd0ae",
  crl: "92f81bc358114d3d97ffd19f88dc67ea",
};
const roles: ReadonlyMap<string, CertTableRole> = new Map(
  (["vcek", "vlek", "ask", "ark", "crl"] as const).map((role) => [guids[role], role]),
);

const guidLength = 16;
const entryLength = 24;
/** AMD's own table has five; a host may add a few of its own. */
const maximumEntries = 16;
const maximumLength = 65_536;
