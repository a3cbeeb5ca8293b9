// Under which roots is a VM's evidence believed? AMD's, or, for a VM enrolled as simulated, the simulated ones of its record: never both
// (docs/protocol.md, "What must always hold", 8).
import { fromHex, toHex } from "../base/bytes.ts";
import type { ArkPin, TrustAnchors } from "../endorse/roots.ts";
import { products } from "../snp/product.ts";
import type { SimulatedAnchors, VmRecord } from "./records.ts";

export function anchorsOf(vm: VmRecord | undefined, trustAnchors: TrustAnchors): TrustAnchors {
  if (vm?.simulatedAnchors === undefined) return trustAnchors;
  const pins = products.flatMap((product) => {
    const pin = vm.simulatedAnchors?.[product];
    return pin === undefined ? [] : [[product, { certificate: digest(pin.certificate), spki: digest(pin.spki) }] as const];
  });
  return { kind: "simulated", ark: Object.fromEntries(pins) };
}

/** For a record. Throws for AMD's own roots: those are never written into one. */
export function simulatedAnchorsFrom({ kind, ark }: TrustAnchors): SimulatedAnchors {
  if (kind !== "simulated") throw new Error("only simulated roots are kept in a record");
  const pins = Object.entries<ArkPin>(ark).map(([product, pin]) => [
    product,
    { certificate: toHex(pin.certificate), spki: toHex(pin.spki) },
  ]);
  return Object.fromEntries(pins) as SimulatedAnchors;
}

/** The record is our own, yet a database can be edited: a pin that is no digest matches nothing. */
function digest(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}
