// What does the key service answer to one request? One GET with a time-out and a size cap; no redirects. AMD 57230. Never retries, never
// caches, and never believes: what comes back is bytes from a stranger.
import { failure } from "../../base/failure.ts";
import { concat } from "../../base/bytes.ts";
import type { Failure } from "../../base/failure.ts";
import type { Timers } from "../../manager/ports.ts";

export type KdsReply =
  | { readonly kind: "found"; readonly bytes: Uint8Array }
  /** `retryAfterMs` where the service named a time; only `again` answers may change. */
  | { readonly kind: "again" | "final"; readonly failure: Failure; readonly retryAfterMs?: number };

export interface KdsRequest {
  readonly url: string;
  readonly maximumBytes: number;
  readonly timeoutMs: number;
  readonly timers: Timers;
  /** Ends the request when the service ends. */
  readonly signal: AbortSignal;
}

export async function askKds({ url, maximumBytes, timeoutMs, timers, signal }: KdsRequest): Promise<KdsReply> {
  const abort = new AbortController();
  const cancel = timers.after(timeoutMs, () => abort.abort());
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.any([abort.signal, signal]) });
    if (response.status === 200) return await bodyOf(response, maximumBytes);
    await response.body?.cancel();
    return refusalOf(response);
  } catch (cause) {
    return { kind: "again", failure: failure("kds.unavailable", hostOf(url), cause) };
  } finally {
    cancel();
  }
}

async function bodyOf(response: Response, maximum: number): Promise<KdsReply> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > maximum) return { kind: "final", failure: failure("kds.malformed", `more than ${maximum} bytes`) };
    chunks.push(chunk);
  }
  return { kind: "found", bytes: concat(...chunks) };
}

function refusalOf({ status, headers }: Response): KdsReply {
  const retryAfterMs = retryAfter(headers.get("retry-after"));
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 404 || status === 400) return { kind: "final", failure: failure("kds.not-found", `HTTP ${status}`) };
  if (status === 429) return { kind: "again", failure: failure("kds.throttled"), ...wait };
  return { kind: status >= 500 ? "again" : "final", failure: failure("kds.unavailable", `HTTP ${status}`), ...wait };
}

/** Seconds; the other form of RFC 9110, a date, would need our clock to be the service's. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^[0-9]{1,5}$/.test(header) ? Number(header) * 1000 : undefined;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
