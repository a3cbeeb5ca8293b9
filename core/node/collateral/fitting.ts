// Does this certificate or list speak for what was asked, by its names alone? Signatures are genuine.ts's.
import { equalBytes } from "../../base/bytes.ts";
import { parseVek } from "../../endorse/vek.ts";
import { encodeTcb } from "../../snp/tcb.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";
import type { CollateralQuery } from "../../manager/ports.ts";
import type { Tcb } from "../../snp/tcb.ts";

/** A VLEK names no chip. */
export function isVekFor(certificate: Certificate, { product, signer, chipId }: CollateralQuery, tcb: Tcb): boolean {
  const vek = parseVek(certificate);
  if (!vek.ok || vek.value.signer !== signer || vek.value.product !== product) return false;
  if (!equalBytes(encodeTcb(vek.value.tcb), encodeTcb(tcb))) return false;
  const { hwId } = vek.value;
  return signer === "vlek" || (hwId !== undefined && equalBytes(hwId, chipId.subarray(0, hwId.length)));
}

/** The ARK's common name is in the issuer's DER as it is. */
export function namesArk(issuer: Uint8Array, { product }: Pick<CollateralQuery, "product">): boolean {
  return Buffer.from(issuer).includes(`ARK-${product}`);
}

export function newest(crls: readonly Crl[]): Crl | undefined {
  return crls.toSorted((a, b) => b.thisUpdate - a.thisUpdate)[0];
}
