// What do the bits of SEV_FEATURES mean, and which of them are likely? AMD 24593, VMCB save area, SEV_FEATURES. Set by host kernel and VMM, measured with
// every vCPU.

/** Beside SNPActive, bit 0, which every SNP guest has. */
const names: ReadonlyMap<number, string> = new Map([
  [1, "vTOM"],
  [2, "ReflectVC"],
  [3, "RestrictedInjection"],
  [4, "AlternateInjection"],
  [5, "DebugSwap"],
  [6, "PreventHostIBS"],
  [7, "BTBIsolation"],
  [8, "VmplSSS"],
  [9, "SecureTSC"],
  [10, "VmgexitParameter"],
  [12, "IbsVirtualization"],
  [14, "VmsaRegProt"],
  [15, "SmtProtection"],
]);

/** "0x21 (DebugSwap)". */
export function featuresText(features: bigint): string {
  const set = [...names].filter(([bit]) => ((features >> BigInt(bit)) & 1n) === 1n).map(([, name]) => name);
  return `0x${features.toString(16)}${set.length === 0 ? "" : ` (${set.join(", ")})`}`;
}

/** SNPActive alone, and with what kernels and VMMs have set beside it: DebugSwap, SecureTSC, VMSA register protection. */
export const usualFeatures: readonly bigint[] = [0x1n, 0x21n, 0x201n, 0x221n, 0x4001n, 0x4021n];

/** SNPActive with up to three others, without the usual ones. */
export const rareFeatures: readonly bigint[] = [0, 1, 2, 3]
  .flatMap((count) => choices([...names.keys()], count))
  .map((bits) => bits.reduce((features, bit) => features | (1n << BigInt(bit)), 1n))
  .filter((features) => !usualFeatures.includes(features));

function choices(bits: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return bits.flatMap((bit, index) => choices(bits.slice(index + 1), count - 1).map((others) => [bit, ...others]));
}
