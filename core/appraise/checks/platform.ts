// Is the host machine set up as the owner demands? AMD 56860, Platform Info. Each bit's polarity is the policy's choice; bits without
// a name are refused unless the policy lists them.
import { platformBitNames } from "../policy-demands.ts";
import type { PlatformDemand } from "../policy-demands.ts";
import type { PlatformInfo } from "../../snp/platform-info.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";

export const checkPlatform: Check = ({ genuine, policy }) => {
  const actual = genuine.report.platformInfo;
  const unknown = bitsOf(actual.unknownBits);
  const names = [...platformBitNames.filter((bit) => actual[bit]), ...unknown.map((bit) => `bit ${bit}`)];
  return judge(
    {
      id: "platform",
      group: "platform",
      title: "Platform set-up",
      holds: "The host machine is set up as the policy demands.",
      code: "appraise.platform",
    },
    policy.platform,
    names.join(", ") || "nothing set",
    (demand) => ({ expected: describeDemand(demand), passes: accepts(demand, actual, unknown) }),
  );
};

function accepts({ required, forbidden, unknownAllowed }: PlatformDemand, actual: PlatformInfo, unknown: readonly number[]): boolean {
  return (
    required.every((bit) => actual[bit]) && forbidden.every((bit) => !actual[bit]) && unknown.every((bit) => unknownAllowed.includes(bit))
  );
}

function describeDemand({ required, forbidden, unknownAllowed }: PlatformDemand): string {
  const unknown = unknownAllowed.length === 0 ? "no unknown bits" : `unknown bits among ${unknownAllowed.join(", ")}`;
  return `set: ${required.join(", ") || "none demanded"}; clear: ${forbidden.join(", ") || "none demanded"}; ${unknown}`;
}

function bitsOf(mask: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
