// What does a machine of each line of silicon look like in a test: its CPUID, and levels of which no two are the same.
import type { TcbFloor } from "../../../core/appraise/policy-demands.ts";
import type { CpuId } from "../../../core/snp/product.ts";
import { productOfLine } from "../../../core/snp/silicon.ts";
import type { SiliconLine } from "../../../core/snp/silicon.ts";

export const cpuidOf: { readonly [line in SiliconLine]: CpuId } = {
  Milan: { family: 0x19, model: 0x01, stepping: 1 },
  "Milan-X": { family: 0x19, model: 0x01, stepping: 2 },
  Genoa: { family: 0x19, model: 0x11, stepping: 1 },
  "Genoa-X": { family: 0x19, model: 0x11, stepping: 2 },
  "Bergamo-Siena": { family: 0x19, model: 0xa0, stepping: 2 },
  Turin: { family: 0x1a, model: 0x02, stepping: 1 },
  "Turin-Dense": { family: 0x1a, model: 0x11, stepping: 0 },
};

export const tcbFields = ["reportedTcb", "committedTcb", "currentTcb", "launchTcb"] as const;
export type TcbField = (typeof tcbFields)[number];

/** So far apart that a check which looks at another TCB, or at another component, is found out. */
export function levelsOf(line: SiliconLine, field: TcbField): TcbFloor {
  const first = 20 + 40 * tcbFields.indexOf(field);
  const levels = { bootloader: first + 5, tee: first + 10, snp: first + 15, microcode: first + 20 };
  return productOfLine[line] === "Turin" ? { ...levels, fmc: first } : levels;
}

export const firmwareOf = {
  currentVersion: { major: 3, minor: 70, build: 29 },
  committedVersion: { major: 2, minor: 54, build: 17 },
};

export const vectors = { launchMitVector: 0x8000_0000_0000_000bn, currentMitVector: 0x8000_0000_0000_0003n };
