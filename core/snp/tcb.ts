// The TCB version: eight bytes whose layout differs by product. Packs and compares; never judges whether a version is good enough.
// AMD 56860, table TCB_VERSION (Milan, Genoa) and its Turin form.
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
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

export type TcbComponent = "fmc" | "bootloader" | "tee" | "snp" | "microcode";

/** @param raw eight bytes of a report. Fails where a byte that this product does not use is not zero. */
export function parseTcb(product: Product, raw: Uint8Array): Result<Tcb> {
  const layout = layouts[product];
  const reservedSet = reservedBytes[product].some((offset) => raw[offset] !== 0);
  if (raw.length !== tcbLength || reservedSet) return fail(failure("snp.tcb-reserved", `${product} ${toHex(raw)}`));
  const level = (component: TcbComponent): number => raw[layout[component] ?? tcbLength] ?? 0;
  return ok({
    product,
    fmc: layout.fmc === undefined ? undefined : level("fmc"),
    bootloader: level("bootloader"),
    tee: level("tee"),
    snp: level("snp"),
    microcode: level("microcode"),
  });
}

/** @returns eight bytes. */
export function encodeTcb(tcb: Tcb): Uint8Array {
  const raw = new Uint8Array(tcbLength);
  for (const component of tcbComponents) {
    const offset = layouts[tcb.product][component];
    if (offset !== undefined) raw[offset] = tcb[component] ?? 0;
  }
  return raw;
}

/** The components of `tcb` that are below those of `floor`; empty where none is. Throws for two products: that is a bug. */
export function shortfalls(tcb: Tcb, floor: Tcb): TcbComponent[] {
  if (tcb.product !== floor.product) throw new Error("TCB versions of two products were compared");
  return tcbComponents.filter((component) => (tcb[component] ?? 0) < (floor[component] ?? 0));
}

/** In the order in which AMD lists them. */
export const tcbComponents: readonly TcbComponent[] = ["fmc", "bootloader", "tee", "snp", "microcode"];

const tcbLength = 8;

type Layout = { readonly [component in TcbComponent]: number | undefined };

/** AMD 56860, table TCB_VERSION. */
const firstLayout: Layout = { fmc: undefined, bootloader: 0, tee: 1, snp: 6, microcode: 7 };
/** AMD 56860, table TCB_VERSION for family 1Ah. */
const turinLayout: Layout = { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 };
const layouts: { readonly [product in Product]: Layout } = { Milan: firstLayout, Genoa: firstLayout, Turin: turinLayout };

const reservedBytes: { readonly [product in Product]: readonly number[] } = {
  Milan: reservedOf(firstLayout),
  Genoa: reservedOf(firstLayout),
  Turin: reservedOf(turinLayout),
};

function reservedOf(layout: Layout): readonly number[] {
  const used = new Set<number | undefined>(Object.values(layout));
  return Array.from({ length: tcbLength }, (_, offset) => offset).filter((offset) => !used.has(offset));
}
