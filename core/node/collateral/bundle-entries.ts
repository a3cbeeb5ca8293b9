// Which entries of the cache change when verified collateral is added? Under the names that collateral-source.ts asks for. It never verifies:
// whoever calls it has, both what comes new and what was there.
import { concat, toHex } from "../../base/bytes.ts";
import { utf8 } from "../../base/utf8.ts";
import { encodePem } from "../../endorse/pem.ts";
import { encodeTcb } from "../../snp/tcb.ts";
import type { CollateralItem, CrlItem, IssuerItem, VekItem } from "../../endorse/bundle-item.ts";
import type { Signer } from "../../snp/report.ts";
import { chainName, crlName, vcekName, vlekName } from "./cache-names.ts";

const signers: readonly Signer[] = ["vcek", "vlek"];

function vekName(base: string, { product, vek: { hwId, tcb } }: VekItem): string {
  const level = encodeTcb(tcb);
  if (hwId === undefined) return vlekName(base, product, level);
  // A report's CHIP_ID has 64 bytes on every product; Turin's certificates name the first 8, and the others are zero.
  const chipId = new Uint8Array(chipIdLength);
  chipId.set(hwId);
  return vcekName(base, product, chipId, level);
}

/**
 * What the cache holds afterwards under each name that changes; {@link entryBytes} writes it.
 * @param added all verified @param present what verifies of the cache, of any kind
 */
export function cacheEntries(
  base: string,
  added: readonly CollateralItem[],
  present: readonly CollateralItem[],
): Map<string, readonly CollateralItem[]> {
  const entries = new Map<string, readonly CollateralItem[]>();
  const all = distinct([...added, ...present]);
  for (const product of new Set(added.map((item) => item.product))) {
    const own = all.filter((item) => item.product === product);
    for (const signer of signers) {
      const chain = chainOf(own.filter(isIssuer), signer);
      if (chain !== undefined && added.some((item) => chain.includes(item))) entries.set(chainName(base, signer, product), chain);
    }
    const newest = own.filter(isCrl).toSorted((a, b) => b.from - a.from)[0];
    // AMD publishes one list for both kinds of key, at two addresses. SECURITY: an older list never takes the place of a newer one.
    if (newest !== undefined && added.some(isCrl)) for (const signer of signers) entries.set(crlName(base, signer, product), [newest]);
  }
  for (const item of added.filter(isVek)) {
    const name = vekName(base, item);
    if (item.kind === "vcek") entries.set(name, [item]);
    // Two providers' certificates may speak for one TCB.
    else
      entries.set(
        name,
        all.filter(isVek).filter((other) => vekName(base, other) === name),
      );
  }
  return entries;
}

export function isIssuer(item: CollateralItem): item is IssuerItem {
  return item.kind === "ark" || item.kind === "ask" || item.kind === "asvk";
}

export function distinct(items: readonly CollateralItem[]): readonly CollateralItem[] {
  const known = new Map<string, CollateralItem>();
  // Of two the first stays: its caller may ask for that very one.
  for (const item of items) if (!known.has(toHex(item.der))) known.set(toHex(item.der), item);
  return [...known.values()];
}

/** AMD's order: issuers of leaves first. Only a whole chain is of use. */
function chainOf(issuers: readonly IssuerItem[], signer: Signer): readonly CollateralItem[] | undefined {
  const roots = issuers.filter(({ kind }) => kind === "ark");
  const others = issuers.filter(({ kind }) => kind === (signer === "vcek" ? "ask" : "asvk"));
  return roots.length > 0 && others.length > 0 ? [...others, ...roots] : undefined;
}

/** DER where there is never more than one, else PEM. */
export function entryBytes(items: readonly CollateralItem[]): Uint8Array {
  const [first] = items;
  if (first?.kind === "vcek" || first?.kind === "crl") return first.der;
  return concat(...items.map(({ der }) => utf8(encodePem(der, "CERTIFICATE"))));
}

function isVek(item: CollateralItem): item is VekItem {
  return item.kind === "vcek" || item.kind === "vlek";
}

function isCrl(item: CollateralItem): item is CrlItem {
  return item.kind === "crl";
}

const chipIdLength = 64;
