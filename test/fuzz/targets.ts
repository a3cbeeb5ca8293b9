// Which fuzz targets are there, and under which name? Also those with a planted fault, with which the fuzzing itself is tested.
import { bootTargets } from "./targets-boot.ts";
import { evidenceTargets } from "./targets-evidence.ts";
import { fileTargets } from "./targets-files.ts";
import { floorTargets } from "./targets-floors.ts";
import { kitTargets } from "./targets-kit.ts";
import { policyTargets } from "./targets-policy.ts";
import { referenceTargets } from "./targets-references.ts";
import { Fault, type Target } from "./target.ts";
import { textTargets } from "./targets-text.ts";
import { wireTargets } from "./targets-wire.ts";

export const targets: readonly Target[] = [
  ...evidenceTargets,
  ...textTargets,
  ...policyTargets,
  ...floorTargets,
  ...wireTargets,
  ...fileTargets,
  ...referenceTargets,
  ...kitTargets,
  ...bootTargets,
];

export function targetNamed(name: string): Target | undefined {
  return [...targets, ...plantedTargets].find((target) => target.name === name);
}

const leak: Uint8Array[] = [];

/** Each breaks one promise at about one input in eight. */
const plantedTargets: readonly Target[] = [
  planted("planted-throw", () => {
    throw new RangeError("planted");
  }),
  planted("planted-fault", () => {
    throw new Fault("planted");
  }),
  planted("planted-hang", () => {
    for (;;);
  }),
  planted("planted-slow", () => {
    const before = process.threadCpuUsage();
    while (process.threadCpuUsage(before).user < 300_000);
  }),
  planted("planted-leak", () => {
    leak.push(new Uint8Array(1_048_576).fill(1));
  }),
];

function planted(name: string, broken: () => void): Target {
  return {
    name,
    seeds: [Uint8Array.of(0)],
    mutate: (_seed, draw) => draw.bytes(1),
    examine: ([byte = 0]) => {
      if (byte < 32) broken();
      return "parsed";
    },
  };
}
