// Which chip, or which provider, and which TCB does a VCEK or VLEK certificate speak for? AMD 57230, the extensions under
// 1.3.6.1.4.1.3704.1. Never decides the product of a report: that comes from the report.
import type { Result } from "../base/result.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";
import type { Certificate } from "./certificate.ts";

export interface Vek {
  readonly certificate: Certificate;
  readonly signer: Signer;
  /** From productName. */
  readonly product: Product;
  readonly structVersion: number;
  readonly productName: string;
  readonly tcb: Tcb;
  /** VCEK only: 64 bytes, Turin 8. */
  readonly hwId: Uint8Array | undefined;
  /** VLEK only. */
  readonly cspId: string | undefined;
}

export function parseVek(certificate: Certificate): Result<Vek> {
  throw new Error(`not built yet: ${certificate.subjectName}`);
}
