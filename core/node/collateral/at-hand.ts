// What is there without asking anybody? The owner's folder and the cache in the store, as they are now, by shape alone: what comes from here
// is judged like what comes from the network.
import { ParsedEndorsements } from "../../manager/parsed.ts";
import { products } from "../../snp/product.ts";
import { nodePrimitives } from "../primitives.ts";
import { chainName, crlName } from "./cache-names.ts";
import { CollateralFolder } from "./collateral-folder.ts";
import { namesArk, newest } from "./fitting.ts";
import type { Instant } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";
import type { Store } from "../../manager/ports.ts";
import type { Product } from "../../snp/product.ts";
import type { Signer } from "../../snp/report.ts";
import type { FolderContent } from "./collateral-folder.ts";

export interface AtHandParts {
  readonly store: Pick<Store, "collateral" | "saveCollateral">;
  /** Where the owner imports files for offline use. */
  readonly folder?: string;
  /** Part of every name in the cache: what another service said is kept apart. */
  readonly base: string;
  readonly log: Log;
}

/** The newest list at hand for one product and kind of key. */
export interface ListAtHand {
  readonly product: Product;
  readonly signer: Signer;
  /** nextUpdate. */
  readonly until: Instant;
}

export class AtHand {
  /** What was read once is not read again; also of what comes from the network. */
  readonly parsed = new ParsedEndorsements(nodePrimitives);
  readonly #parts: AtHandParts;
  readonly #folder: CollateralFolder | undefined;
  #folderIsBad = false;

  constructor(parts: AtHandParts) {
    this.#parts = parts;
    this.#folder = parts.folder === undefined ? undefined : new CollateralFolder(parts.folder);
  }

  folder(): FolderContent {
    const { folder = "", log } = this.#parts;
    const content = this.#folder?.read();
    const isBad = content?.ok === false;
    // Looked at for every status that a console asks for, and said once.
    if (isBad && !this.#folderIsBad) log.write("warn", "collateral.folder", { code: content.failure.code, path: folder });
    this.#folderIsBad = isBad;
    return content?.ok === true ? content.value : { certificates: [], crls: [], passedOver: 0 };
  }

  issuers(product: Product, signer: Signer): readonly Certificate[] {
    return this.#cached(chainName(this.#parts.base, signer, product), (bytes) => this.parsed.issuersFrom(bytes));
  }

  /** @param name see cache-names.ts. */
  veks(name: string): readonly Certificate[] {
    return this.#cached(name, (bytes) => this.parsed.vekFrom(bytes));
  }

  crls(product: Product, signer: Signer): readonly Crl[] {
    return this.#cached(crlName(this.#parts.base, signer, product), (bytes) => this.parsed.crlsFrom(bytes));
  }

  lists(): readonly ListAtHand[] {
    const folder = this.folder();
    return products.flatMap((product) => {
      const loose = folder.crls.filter((crl) => namesArk(crl.issuer, { product }));
      return signers.flatMap((signer) => {
        const cached = this.crls(product, signer);
        // A loose one is good for both kinds of key, and says of neither that it is in use.
        const crl = newest(cached.length > 0 || signer === "vcek" ? [...cached, ...loose] : []);
        return crl === undefined ? [] : [{ product, signer, until: crl.nextUpdate }];
      });
    });
  }

  /** A cache that cannot be written costs time, not the launch. */
  keep(name: string, bytes: Uint8Array): void {
    const kept = this.#parts.store.saveCollateral(name, bytes);
    if (!kept.ok) this.#parts.log.write("warn", "collateral.not-cached", { code: kept.failure.code });
  }

  #cached<T>(name: string, read: (bytes: Uint8Array) => Result<readonly T[]>): readonly T[] {
    const bytes = this.#parts.store.collateral(name);
    const parsed = bytes === undefined ? undefined : read(bytes);
    return parsed?.ok === true ? parsed.value : [];
  }
}

const signers: readonly Signer[] = ["vcek", "vlek"];
