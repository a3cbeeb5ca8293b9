// What should a policy demand of the ID block that a VM is launched with? Adds to a policy that the owner has, and takes nothing out of it:
// whoever changes a key wants the old one accepted until the last launch with it has ended.
import type { AppraisalPolicy } from "./policy.ts";
import type { Demand } from "./policy-reader.ts";

/** Hex. What is not given stays as it is. */
export interface IdentityDemands {
  readonly idKeyDigest?: string | undefined;
  readonly authorKeyDigest?: string | undefined;
  readonly familyId?: string | undefined;
  readonly imageId?: string | undefined;
  /** GUEST_SVN at least; never lower than it was. */
  readonly guestSvn?: number | undefined;
}

export function withIdentity(policy: AppraisalPolicy, demands: IdentityDemands): AppraisalPolicy {
  const { checks } = policy;
  const { guestSvn } = demands;
  return {
    ...policy,
    checks: {
      ...checks,
      idKeyDigest: accepting(checks.idKeyDigest, demands.idKeyDigest),
      authorKeyDigest: accepting(checks.authorKeyDigest, demands.authorKeyDigest),
      familyId: accepting(checks.familyId, demands.familyId),
      imageId: accepting(checks.imageId, demands.imageId),
      guestSvn: guestSvn === undefined ? checks.guestSvn : { require: { minimum: Math.max(guestSvn, minimumOf(checks.guestSvn)) } },
    },
  };
}

function accepting(demand: Demand<readonly string[]>, value: string | undefined): Demand<readonly string[]> {
  if (value === undefined) return demand;
  const known = "require" in demand ? demand.require : [];
  return { require: known.includes(value) ? known : [...known, value] };
}

function minimumOf(demand: AppraisalPolicy["checks"]["guestSvn"]): number {
  return "require" in demand ? demand.require.minimum : 0;
}
