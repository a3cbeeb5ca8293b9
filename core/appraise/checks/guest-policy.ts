// What may the host do to this guest? AMD 56860, Guest Policy: permissions must not exceed, requirements must not fall short.
import type { GuestPolicy } from "../../snp/guest-policy.ts";
import { versionNumbers } from "../policy-reader.ts";
import type { GuestPermission, GuestPolicyDemand, GuestRequirement } from "../policy-demands.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";

export const checkGuestPolicy: Check = ({ genuine, policy }) => {
  const actual = genuine.report.policy;
  return judge(
    {
      id: "guest-policy",
      group: "guest-policy",
      title: "Guest policy",
      holds: "The guest policy allows no more, and demands no less, than the policy accepts.",
      code: "appraise.guest-policy",
    },
    policy.guestPolicy,
    `${sets(
      permissions.filter((bit) => actual[bit]),
      requirements.filter((bit) => actual[bit]),
    )}; ABI ${actual.abiMajor}.${actual.abiMinor}`,
    (demand) => ({
      expected: `${sets(demand.allowed, demand.demanded)}; ABI at least ${demand.abiMinimum}`,
      passes: accepts(demand, actual),
    }),
  );
};

function accepts({ allowed, demanded, abiMinimum }: GuestPolicyDemand, actual: GuestPolicy): boolean {
  const [major = 0, minor = 0] = versionNumbers(abiMinimum);
  return (
    permissions.every((bit) => !actual[bit] || allowed.includes(bit)) &&
    demanded.every((bit) => actual[bit]) &&
    (actual.abiMajor > major || (actual.abiMajor === major && actual.abiMinor >= minor))
  );
}

function sets(allowed: readonly string[], demanded: readonly string[]): string {
  return `allows ${allowed.join(", ") || "nothing"}; demands ${demanded.join(", ") || "nothing"}`;
}

const permissions: readonly GuestPermission[] = ["smt", "migrateMa", "debug", "cxlAllow"];
const requirements: readonly GuestRequirement[] = ["singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"];
