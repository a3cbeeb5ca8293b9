// What does a manager without internet get in one file? Certificates and revocation lists with their times, as canonical JSON (RFC 8785)
// in one fixed order: equal content is equal bytes. Nothing that the file states is believed: its DER must say the same. Never verifies.
import { equalBytes, fromBase64, toBase64, toHex } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import type { FailureCode } from "../base/failure.ts";
import { canonicalBytes, canonicalJson, JsonFault, parseJson } from "../base/json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { fail, ok } from "../base/result.ts";
import type { Fail, Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import { encodeTcb } from "../snp/tcb.ts";
import { itemFromDer } from "./bundle-item.ts";
import type { CollateralItem } from "./bundle-item.ts";

export interface CollateralBundle {
  readonly createdAt: Instant;
  /** In the order of the file, none twice. */
  readonly items: readonly CollateralItem[];
}

export interface BundleExpiry<T> {
  readonly expired: readonly T[];
  /** Still good, for no more than {@link expirySoon}. */
  readonly soon: readonly T[];
}

/** The same items in the file's order, each once. `endorse.bundle-too-large`. */
export function makeBundle(items: readonly CollateralItem[], createdAt: Instant): Result<CollateralBundle> {
  const keyed = new Map(items.map((item) => [orderOf(item), item]));
  if (keyed.size > maximumItems) return no("endorse.bundle-too-large", `${keyed.size} items`);
  const bundle = { createdAt, items: [...keyed.keys()].sort().flatMap((key) => keyed.get(key) ?? []) };
  const { length } = encodeBundle(bundle);
  return length > maximumBundleBytes ? no("endorse.bundle-too-large", `${length} bytes`) : ok(bundle);
}

export function encodeBundle({ createdAt, items }: CollateralBundle): Uint8Array {
  return canonicalBytes({ format, version, createdAt: rfc3339(createdAt), items: items.map(jsonOf) });
}

/** Only what {@link encodeBundle} writes. `endorse.bundle-malformed`, `-version`, `-too-large`, `-misstated`, `-item`; parsers' codes. */
export function parseBundle(bytes: Uint8Array): Result<CollateralBundle> {
  if (bytes.length > maximumBundleBytes) return no("endorse.bundle-too-large", `${bytes.length} bytes`);
  const whole = objectFrom(bytes);
  if (whole?.["format"] !== format) return no("endorse.bundle-malformed", "not a collateral bundle");
  if (whole["version"] !== version) return no("endorse.bundle-version", canonicalJson(whole["version"] ?? null).slice(0, 20));
  const createdAt = instantFrom(whole["createdAt"]);
  const parts = whole["items"];
  if (createdAt === undefined || !isArray(parts)) return no("endorse.bundle-malformed", "createdAt, items");
  if (parts.length > maximumItems) return no("endorse.bundle-too-large", `${parts.length} items`);
  const items: CollateralItem[] = [];
  for (const [index, part] of parts.entries()) {
    const item = itemFrom(part);
    if (!item.ok) return no(item.failure.code, `item ${index + 1}${item.failure.detail === undefined ? "" : `, ${item.failure.detail}`}`);
    items.push(item.value);
  }
  const keys = items.map(orderOf);
  if (keys.some((key, index) => index > 0 && key <= (keys[index - 1] ?? "")))
    return no("endorse.bundle-malformed", "order, or an item twice");
  const bundle = { createdAt, items };
  // What is left: unknown keys of the whole, white space, another spelling of the same value.
  return equalBytes(encodeBundle(bundle), bytes) ? ok(bundle) : no("endorse.bundle-malformed", "not in canonical form");
}

export function bundleExpiry<T extends Pick<CollateralItem, "until">>(
  { items }: { readonly items: readonly T[] },
  at: Instant,
): BundleExpiry<T> {
  return {
    // Asked this way round, an instant that is no number leaves nothing current.
    expired: items.filter(({ until }) => !(at <= until)),
    soon: items.filter(({ until }) => at <= until && until - at <= expirySoon),
  };
}

function itemFrom(part: Json): Result<CollateralItem> {
  if (!isObject(part)) return no("endorse.bundle-malformed", "no object");
  const { der: text, fetchedAt: fetched, kind } = part;
  const der = typeof text === "string" ? fromBase64(text) : undefined;
  const fetchedAt = instantFrom(fetched);
  if (der === undefined || (fetched !== undefined && fetchedAt === undefined)) return no("endorse.bundle-malformed", "der, fetchedAt");
  const item = itemFromDer(der, kind === "crl", fetchedAt);
  if (!item.ok) return item;
  const truth = jsonOf(item.value);
  const wrong = [...new Set([...Object.keys(truth), ...Object.keys(part)])].find((key) => part[key] !== truth[key]);
  if (wrong === undefined) return item;
  // SECURITY: an unknown key comes from a stranger's file and is not quoted.
  return Object.hasOwn(truth, wrong) ? no("endorse.bundle-misstated", wrong) : no("endorse.bundle-malformed", "an unknown key");
}

function jsonOf(item: CollateralItem): JsonObject {
  const { kind, product, der, fetchedAt } = item;
  const [from, until] = [rfc3339(item.from), rfc3339(item.until)];
  return {
    kind,
    product,
    der: toBase64(der),
    ...(fetchedAt === undefined ? {} : { fetchedAt: rfc3339(fetchedAt) }),
    ...(kind === "crl" ? { thisUpdate: from, nextUpdate: until } : { notBefore: from, notAfter: until }),
    ...("vek" in item ? holderOf(item) : {}),
  };
}

function holderOf({ vek: { tcb, hwId, cspId } }: Extract<CollateralItem, { readonly vek: unknown }>): JsonObject {
  return {
    tcb: toHex(encodeTcb(tcb)),
    ...(hwId === undefined ? {} : { chipId: toHex(hwId) }),
    ...(cspId === undefined ? {} : { cspId }),
  };
}

/** Roots first. The DER makes it unique. */
function orderOf(item: CollateralItem): string {
  return `${item.product} ${kindOrder.indexOf(item.kind)} ${toHex(item.der)}`;
}

function objectFrom(bytes: Uint8Array): JsonObject | undefined {
  const text = fromUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch (cause) {
    if (cause instanceof JsonFault) return undefined;
    throw cause;
  }
}

/** Only the one form in which Portcullis writes a time. */
function instantFrom(value: Json | undefined): Instant | undefined {
  const instant = typeof value === "string" && value.length === timeLength ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) || rfc3339(instant) !== value ? undefined : instant;
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function no(code: FailureCode, detail: string): Fail {
  return fail(failure(code, detail));
}

const format = "portcullis-collateral";
const version = 1;
/** 2026-11-24T12:00:00.000Z: years have four digits. */
const timeLength = 24;
const kindOrder: readonly CollateralItem["kind"][] = ["ark", "ask", "asvk", "crl", "vcek", "vlek"];
/** AMD's lists run for six to seven weeks: two are enough to carry a new one over. */
export const expirySoon = 14 * 86_400_000;
/** About what 1,500 chips need. */
export const maximumBundleBytes = 4 * 2 ** 20;
const maximumItems = 1_500;
