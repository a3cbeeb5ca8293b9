// Which signature has a vCPU model? CPUID Fn0000_0001 EAX, which enters the measurement through RDX of every VMSA page. QEMU's models, by name.

/** Family, model and stepping as QEMU's models have them. */
const signatures: ReadonlyMap<string, number> = new Map([
  ["EPYC", 0x00800f12],
  ["EPYC-Rome", 0x00830f10],
  ["EPYC-Milan", 0x00a00f11],
  ["EPYC-Genoa", 0x00a10f10],
  ["EPYC-Turin", 0x00b00f00],
]);

export const vcpuModels: readonly string[] = [...signatures.keys()];

/** @param name with or without a version, "EPYC-Milan-v2". */
export function vcpuSignature(name: string): number | undefined {
  return signatures.get(name.replace(/-(v\d+|IBPB)$/, ""));
}
