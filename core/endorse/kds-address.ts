// Where does AMD publish a certificate or a revocation list? AMD 57230, Key Distribution Service. Addresses only; never fetches.
import { toHex } from "../base/bytes.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";

export const kdsBase = "https://kdsintf.amd.com";

/**
 * DER. @param chipId CHIP_ID of the report, 64 bytes: Turin uses the first 8.
 * @param tcb REPORTED_TCB, never CURRENT_TCB: the VCEK is derived from the reported one.
 */
export function vcekUrl(product: Product, chipId: Uint8Array, tcb: Tcb, base: string = kdsBase): string {
  const id = toHex(product === "Turin" ? chipId.subarray(0, turinIdLength) : chipId);
  const levels = [
    ...(tcb.fmc === undefined ? [] : [["fmcSPL", tcb.fmc] as const]),
    ["blSPL", tcb.bootloader] as const,
    ["teeSPL", tcb.tee] as const,
    ["snpSPL", tcb.snp] as const,
    ["ucodeSPL", tcb.microcode] as const,
  ];
  const query = levels.map(([name, level]) => `${name}=${String(level).padStart(2, "0")}`).join("&");
  return `${base}/vcek/v1/${product}/${id}?${query}`;
}

/** PEM, ASK or ASVK first, then the ARK. */
export function chainUrl(product: Product, signer: Signer, base: string = kdsBase): string {
  return `${base}/${signer}/v1/${product}/cert_chain`;
}

/** DER. */
export function crlUrl(product: Product, signer: Signer, base: string = kdsBase): string {
  return `${base}/${signer}/v1/${product}/crl`;
}

const turinIdLength = 8;
