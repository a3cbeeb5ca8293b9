// Which silicon made a report? Lines of one product share their roots, but each has its own sequence of microcode and its own bulletins, so floors are
// kept by line. Decided from the CPUID bytes of the report (version 3 and later). Source: AMD 57230 for the products, AMD's revision guides for the lines.
import type { CpuId, Product } from "./product.ts";

/** Milan-X and Genoa-X carry stacked cache; Bergamo (97x4) and Siena (8004) are one line. */
export type SiliconLine = "Milan" | "Milan-X" | "Genoa" | "Genoa-X" | "Bergamo-Siena" | "Turin" | "Turin-Dense";

export const productOfLine: { readonly [line in SiliconLine]: Product } = {
  Milan: "Milan",
  "Milan-X": "Milan",
  Genoa: "Genoa",
  "Genoa-X": "Genoa",
  "Bergamo-Siena": "Genoa",
  Turin: "Turin",
  "Turin-Dense": "Turin",
};

export const siliconLines: readonly SiliconLine[] = ["Milan", "Milan-X", "Genoa", "Genoa-X", "Bergamo-Siena", "Turin", "Turin-Dense"];

export function linesOf(product: Product): readonly SiliconLine[] {
  return siliconLines.filter((line) => productOfLine[line] === product);
}

/** @returns undefined for a processor that no line names: its floors cannot be known. */
export function siliconLineOf({ family, model, stepping }: CpuId): SiliconLine | undefined {
  const stacked = stepping === stackedCache;
  if (family === 0x19 && model <= 0x0f) return stacked ? "Milan-X" : "Milan";
  if (family === 0x19 && model >= 0x10 && model <= 0x1f) return stacked ? "Genoa-X" : "Genoa";
  if (family === 0x19 && model >= 0xa0 && model <= 0xaf) return "Bergamo-Siena";
  if (family === 0x1a && model <= 0x0f) return "Turin";
  if (family === 0x1a && model <= 0x11) return "Turin-Dense";
  return undefined;
}

/** Stepping 2 of Milan and of Genoa. */
const stackedCache = 2;
