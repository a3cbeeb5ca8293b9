// Under which name is a piece of collateral cached? One form for the source that fetches and the bundles that are imported. The base address is
// part of each name, so that simulated and AMD's collateral share a store without meeting.
import { toHex } from "../../base/bytes.ts";
import type { Product } from "../../snp/product.ts";
import type { Signer } from "../../snp/report.ts";

export function chainName(base: string, signer: Signer, product: Product): string {
  return `${base}/chain/${signer}/${product}`;
}

export function crlName(base: string, signer: Signer, product: Product): string {
  return `${base}/crl/${signer}/${product}`;
}

/** @param chipId 64 bytes, as in the report. @param reportedTcb 8 bytes. */
export function vcekName(base: string, product: Product, chipId: Uint8Array, reportedTcb: Uint8Array): string {
  return `${base}/vcek/${product}/${toHex(chipId)}/${toHex(reportedTcb)}`;
}

/** A VLEK names no chip: those of one TCB share a name. */
export function vlekName(base: string, product: Product, reportedTcb: Uint8Array): string {
  return `${base}/vlek/${product}/${toHex(reportedTcb)}`;
}
