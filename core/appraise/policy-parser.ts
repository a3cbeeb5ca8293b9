// Is this JSON a policy, and if not, what is wrong with it? Never half a policy: what is missing, unknown or empty is a fault.
import { failure } from "../base/failure.ts";
import type { Json } from "../base/json.ts";
import { fail, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { readPolicy } from "./policy-form.ts";
import { PolicyFault } from "./policy-reader.ts";
import type { AppraisalPolicy } from "./policy.ts";

/** Exactly the shape of {@link AppraisalPolicy}: an unknown key, a missing one, an empty list and an empty reason are refused. */
export function parsePolicy(json: Json): Result<AppraisalPolicy> {
  const read = readWhole(json);
  return read instanceof PolicyFault ? fail(failure("appraise.policy-malformed", read.message)) : ok(read);
}

/** All that is wrong, for the policy's author; empty exactly where {@link parsePolicy} reads it. */
export function policyFaults(json: Json): readonly string[] {
  const read = readWhole(json);
  return read instanceof PolicyFault ? read.faults : [];
}

function readWhole(json: Json): AppraisalPolicy | PolicyFault {
  try {
    const policy = readPolicy(json, "policy");
    // SECURITY: a machine that releases by itself must know what it releases to.
    if (policy.release === "automatic" && "waived" in policy.checks.measurement)
      return new PolicyFault("automatic release needs a measurement");
    return policy;
  } catch (cause) {
    if (cause instanceof PolicyFault) return cause;
    throw cause;
  }
}
