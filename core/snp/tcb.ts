// The TCB version: eight bytes whose layout differs by product. Packs and compares; never judges whether a version is good enough.
// AMD 56860, table TCB_VERSION (Milan, Genoa) and its Turin form.
import type { Product } from "./product.ts";

/** The product is inside, so that a Milan value cannot be compared with a Turin one by accident. */
export interface Tcb {
  readonly product: Product;
  /** Turin only. */
  readonly fmc: number | undefined;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}
