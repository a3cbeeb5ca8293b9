// Which signature has a vCPU model? CPUID Fn0000_0001 EAX, which enters the measurement through RDX of every VMSA page: QEMU's models by name, and what
// `-cpu host` is on the processors that have SNP (AMD 57230; core/snp/silicon.ts).
import type { CpuId } from "../snp/product.ts";
import { siliconLineOf } from "../snp/silicon.ts";

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

/** What a VM sees of this processor under `-cpu host`. */
export function hostSignature({ family, model, stepping }: CpuId): number {
  const extendedFamily = family - baseFamily;
  return ((extendedFamily << 20) | ((model >> 4) << 16) | (baseFamily << 8) | ((model & 0xf) << 4) | stepping) >>> 0;
}

/** "0x00a10f11". */
export function signatureText(signature: number): string {
  return `0x${signature.toString(16).padStart(8, "0")}`;
}

/** Every signature that a launch is likely to have, once each, named as the host would spell it: "EPYC-Genoa or host (0x00a10f10, Genoa)". */
export function likelySignatures(): readonly (readonly [signature: number, name: string])[] {
  const likely = new Map([...signatures].map(([name, signature]) => [signature, name]));
  for (const cpu of hostCpus) {
    const signature = hostSignature(cpu);
    const named = likely.get(signature);
    const host = `host (${signatureText(signature)}, ${siliconLineOf(cpu) ?? "unknown"})`;
    likely.set(signature, named === undefined ? host : `${named} or ${host}`);
  }
  return [...likely];
}

/** Milan, Genoa, Bergamo and Siena, Turin, Turin Dense, in the steppings that were built or may have been. */
const hostCpus: readonly CpuId[] = [
  { family: 0x19, model: 0x01 },
  { family: 0x19, model: 0x11 },
  { family: 0x19, model: 0xa0 },
  { family: 0x1a, model: 0x02 },
  { family: 0x1a, model: 0x11 },
].flatMap((line) => [0, 1, 2].map((stepping) => ({ ...line, stepping })));

/** Of CPUID: families from here on are this one and an extension. */
const baseFamily = 0xf;
