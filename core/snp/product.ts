// Which AMD EPYC line made a report? Decided from the CPUID bytes that the report itself carries (version 3 and later), never
// from a certificate that the peer supplied. Facts: AMD 57230; Bergamo and Siena belong to Genoa.

/** The name that AMD's key service and certificates use. */
export type Product = "Milan" | "Genoa" | "Turin";

export const products: readonly Product[] = ["Milan", "Genoa", "Turin"];

/** CPUID Fn0000_0001 EAX, split: base plus extended family, (extended model << 4) | model, stepping. */
export interface CpuId {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** @returns undefined for a processor whose roots are not known here: such a report is refused. */
export function productOf({ family, model }: CpuId): Product | undefined {
  if (family === 0x19 && model <= 0x0f) return "Milan";
  if (family === 0x19 && model >= 0x10 && model <= 0x1f) return "Genoa";
  if (family === 0x19 && model >= 0xa0 && model <= 0xaf) return "Genoa";
  if (family === 0x1a && model <= 0x11) return "Turin";
  return undefined;
}
