// Is this log whole: every entry in its place, unchanged, none missing between the first and the last? Works page by page, so that a long
// log streams. It cannot see that the newest entries were cut off: signed checkpoints will.
import { equalBytes } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { entryHash, parseEntry, type AuditEntry, type AuditTip, type SealedEntry } from "./entry.ts";

export interface ChainPage {
  readonly tip: AuditTip;
  readonly entries: readonly AuditEntry[];
}

/**
 * @param after where the page before ended; `emptyTip` at the start.
 * @returns where this page ends, and what its entries say. Fails with `audit.broken-chain` or `audit.malformed-entry`, naming the first
 * bad entry.
 */
export function verifyChain(page: Iterable<SealedEntry>, after: AuditTip, primitives: Primitives): Result<ChainPage> {
  let tip = after;
  const entries: AuditEntry[] = [];
  for (const sealed of page) {
    const place = `entry ${tip.sequence + 1}`;
    const parsed = parseEntry(sealed.bytes);
    if (!parsed.ok) return fail(failure(parsed.failure.code, `${place}: ${parsed.failure.detail ?? ""}`));
    const entry = parsed.value;
    const hash = entryHash(sealed.bytes, primitives);
    // What stands beside the bytes must agree with them, or a reader of the one would be told another story than a reader of the other.
    const inPlace =
      entry.sequence === tip.sequence + 1 &&
      sealed.sequence === entry.sequence &&
      equalBytes(entry.previous, tip.hash) &&
      equalBytes(sealed.previous, entry.previous) &&
      equalBytes(sealed.hash, hash);
    if (!inPlace) return fail(failure("audit.broken-chain", place));
    entries.push(entry);
    tip = { sequence: entry.sequence, hash };
  }
  return ok({ tip, entries });
}
