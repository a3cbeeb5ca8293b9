// What is to be fetched ahead: which chips, and which lists with their issuers? Read from launches that this manager saw. SECURITY: only of
// enrolled VMs whose report was genuine, or would have been judged but for want of collateral: a stranger names no chip for us to ask about.
import { setImmediate } from "node:timers/promises";
import { productOfReport } from "../../appraise/verify.ts";
import { toHex } from "../../base/bytes.ts";
import { parseReport } from "../../snp/report.ts";
import type { CollateralQuery, Store } from "../../manager/ports.ts";
import type { LaunchRecord } from "../../manager/records.ts";
import type { Product } from "../../snp/product.ts";
import type { Signer } from "../../snp/report.ts";

/** A chip's certificate; or, where none is named, a product's issuers and list. */
export interface AheadItem {
  readonly product: Product;
  readonly signer: Signer;
  readonly chip?: AheadChip;
}

export interface AheadChip {
  /** 64 bytes. */
  readonly chipId: Uint8Array;
  /** REPORTED_TCB, 8 bytes. */
  readonly tcb: Uint8Array;
}

export function chipItem(product: Product, chip: AheadChip): AheadItem {
  return { product, signer: "vcek", chip };
}

export function nameOf({ product, signer, chip }: AheadItem): string {
  return chip === undefined ? `${product} ${signer}` : `${product} ${toHex(chip.chipId)} ${toHex(chip.tcb)}`;
}

/** Each once; what all chips of a product need comes first. */
export function withIssuers(items: readonly AheadItem[]): readonly AheadItem[] {
  const all = [...items.map(({ product, signer }) => ({ product, signer })), ...items.filter(({ chip }) => chip !== undefined)];
  return [...new Map(all.map((item) => [nameOf(item), item])).values()];
}

export function queryOf({ product, signer, chip }: AheadItem): CollateralQuery {
  return {
    product,
    signer,
    chipId: chip?.chipId ?? new Uint8Array(chipIdLength),
    reportedTcb: chip?.tcb ?? new Uint8Array(tcbLength),
    vekKnown: chip === undefined,
    issuersKnown: false,
    crlWanted: chip === undefined,
  };
}

/** Of the newest launches. */
export async function shownItems(store: Pick<Store, "launches">): Promise<readonly AheadItem[]> {
  const items = new Map<string, AheadItem>();
  let before: string | undefined;
  for (let seen = 0; seen < maximumLaunches; seen += pageLength) {
    const page = store.launches({ limit: pageLength, ...(before === undefined ? {} : { before }) });
    for (const item of page.flatMap(shownBy)) items.set(nameOf(item), item);
    before = page.at(-1)?.id;
    if (page.length < pageLength) break;
    // Launches are served in between.
    await setImmediate();
  }
  return [...items.values()];
}

function shownBy({ simulated, vmName, claimsDigest, code, report: bytes }: LaunchRecord): readonly AheadItem[] {
  const believed = claimsDigest !== undefined || (code !== undefined && wantOfCollateral.has(code));
  if (simulated || vmName === undefined || !believed || bytes === undefined) return [];
  const report = parseReport(bytes);
  if (!report.ok || report.value.signingKey === "none") return [];
  const { signingKey: signer, chipId, reportedTcb } = report.value;
  // Version 2 does not say.
  const product = productOfReport(report.value, undefined);
  if (!product.ok) return [];
  const isNamed = signer === "vcek" && chipId.some((byte) => byte !== 0);
  return isNamed ? [chipItem(product.value, { chipId, tcb: reportedTcb })] : [{ product: product.value, signer }];
}

const wantOfCollateral: ReadonlySet<string> = new Set([
  "kds.off",
  "kds.throttled",
  "kds.unavailable",
  "manager.collateral-missing",
  "manager.collateral-slow",
]);
const maximumLaunches = 20_000;
const pageLength = 200;
export const chipIdLength = 64;
const tcbLength = 8;
