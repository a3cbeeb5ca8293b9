// How does a manager without internet come by collateral? Bundles go into the same cache, under the same names, that the collateral source
// reads; each item goes back to a pinned root first, and all are kept or none. What comes out of the cache is not believed either.
import { toHex } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { Recent } from "../../base/recent.ts";
import { fail, ok } from "../../base/result.ts";
import { encodeBundle, makeBundle, parseBundle } from "../../endorse/bundle.ts";
import { itemsFromFile } from "../../endorse/bundle-item.ts";
import { itemFailure } from "../../endorse/bundle-verify.ts";
import { cacheEntries, distinct, entryBytes, isIssuer } from "./bundle-entries.ts";
import type { Clock } from "../../base/clock.ts";
import type { Primitives } from "../../base/crypto.ts";
import type { Result } from "../../base/result.ts";
import type { CollateralItem, VekItem } from "../../endorse/bundle-item.ts";
import type { ItemVerification } from "../../endorse/bundle-verify.ts";
import type { TrustAnchors } from "../../endorse/roots.ts";
import type { Product } from "../../snp/product.ts";

/** The cache, as the store has it. */
export interface CollateralShelf {
  collateral(name: string): Uint8Array | undefined;
  /** In the order of the names. */
  collateralNames(prefix: string): readonly string[];
  /** All or none. */
  saveCollaterals(entries: ReadonlyMap<string, Uint8Array>): Result<void>;
}

export interface BundleStoreParts {
  readonly shelf: CollateralShelf;
  /** The key service's address, with which every name in the cache begins. */
  readonly base: string;
  readonly anchors: TrustAnchors;
  readonly clock: Clock;
  readonly primitives: Primitives;
}

export interface Imported {
  /** Of the bundle, all of them verified. */
  readonly items: readonly CollateralItem[];
  /** How many of them were new to the cache and were kept: a list that is older than the cached one is not. */
  readonly added: number;
}

/** What a person wants to know of an item. */
export interface CollateralSummary extends Pick<CollateralItem, "kind" | "product" | "from" | "until" | "fetchedAt"> {
  readonly vek?: Pick<VekItem["vek"], "hwId" | "cspId" | "tcb">;
}

type DigestedSummary = CollateralSummary & { readonly digest: string };

export class BundleStore {
  readonly #parts: BundleStoreParts;
  /** By digest of a cached value: a page may ask for the list again and again, and reading a certificate takes a millisecond. */
  readonly #summaries = new Recent<readonly DigestedSummary[]>(maximumSummaries);

  constructor(parts: BundleStoreParts) {
    this.#parts = parts;
  }

  /** What the cache holds, by shape; nothing says that it verifies. */
  summaries(): readonly CollateralSummary[] {
    const { shelf, base } = this.#parts;
    const all = this.#raw(shelf.collateralNames(`${base}/`)).flatMap((bytes) => this.#summarize(bytes));
    return [...new Map(all.map((summary) => [summary.digest, summary])).values()];
  }

  /** `endorse.bundle-*`, or what {@link itemFailure} says of the first item that does not verify; `store.*`. Then nothing is kept. */
  import(file: Uint8Array): Result<Imported> {
    const bundle = parseBundle(file);
    if (!bundle.ok) return bundle;
    const { items } = bundle.value;
    // A chip's certificate vouches for nothing else: only these are needed to judge and to be kept beside what comes.
    const cached = ["chain", "crl", "vlek"].flatMap((kind) => this.#under(`${this.#parts.base}/${kind}/`));
    const verification = this.#verification([...items, ...cached]);
    for (const item of items) {
      const wrong = itemFailure(item, verification);
      if (wrong !== undefined) return fail(failure(wrong.code, `${item.product} ${item.kind}: ${wrong.detail ?? "refused"}`));
    }
    const products = new Set(items.map(({ product }) => product));
    const present = cached.filter((item) => products.has(item.product) && itemFailure(item, verification) === undefined);
    const entries = cacheEntries(this.#parts.base, items, present);
    const before = new Set([...cached.map(({ der }) => der), ...this.#raw(entries.keys())].map(toHex));
    const bytes = [...entries].map(([name, kept]) => [name, entryBytes(kept)] as const);
    const saved = this.#parts.shelf.saveCollaterals(new Map(bytes));
    if (!saved.ok) return saved;
    const kept = new Set([...entries.values()].flat());
    return ok({ items, added: items.filter((item) => kept.has(item) && !before.has(toHex(item.der))).length });
  }

  /** What verifies now, as a bundle's bytes. `endorse.bundle-too-large`. */
  export(product?: Product): Result<Uint8Array> {
    const all = distinct(this.#under(`${this.#parts.base}/`));
    const verification = this.#verification(all);
    const sound = all.filter((item) => (product ?? item.product) === item.product && itemFailure(item, verification) === undefined);
    const bundle = makeBundle(sound, this.#parts.clock.now());
    return bundle.ok ? ok(encodeBundle(bundle.value)) : bundle;
  }

  #summarize(bytes: Uint8Array): readonly DigestedSummary[] {
    const name = this.#digest(bytes);
    const known = this.#summaries.get(name);
    if (known !== undefined) return known;
    const items = itemsFromFile(bytes);
    const made = (items.ok ? items.value : []).map((item) => ({
      kind: item.kind,
      product: item.product,
      from: item.from,
      until: item.until,
      ...("vek" in item ? { vek: { hwId: item.vek.hwId?.slice(), cspId: item.vek.cspId, tcb: item.vek.tcb } } : {}),
      digest: this.#digest(item.der),
    }));
    this.#summaries.set(name, made);
    return made;
  }

  #digest(bytes: Uint8Array): string {
    return toHex(this.#parts.primitives.digest("sha256", bytes));
  }

  #verification(items: readonly CollateralItem[]): ItemVerification {
    const { anchors, clock, primitives } = this.#parts;
    const issuers = items.filter(isIssuer).map(({ certificate }) => certificate);
    return { issuers, anchors, at: clock.now(), primitives };
  }

  #raw(names: Iterable<string>): readonly Uint8Array[] {
    return [...names].flatMap((name) => this.#parts.shelf.collateral(name) ?? []);
  }

  #under(prefix: string): readonly CollateralItem[] {
    return this.#parts.shelf.collateralNames(prefix).flatMap((name) => this.#cached(name));
  }

  #cached(name: string): readonly CollateralItem[] {
    const bytes = this.#parts.shelf.collateral(name);
    const items = bytes === undefined ? undefined : itemsFromFile(bytes);
    return items?.ok === true ? items.value : [];
  }
}

/** As many as the store keeps. */
const maximumSummaries = 4_096;
