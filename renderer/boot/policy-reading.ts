// What does a VM's policy say of its boot files and its host? Read from the canonical JSON that the service shows; it decides nothing.
import { z } from "zod";

/** Does the policy refuse a guest policy that allows shared cores? */
export function refusesSmt(policy: string): boolean {
  const read = guestPolicyDemand.safeParse(parsed(policy));
  return read.success && !read.data.checks.guestPolicy.require.allowed.includes("smt");
}

/** The reference values of the launch measurement, hex; none where they are compared by hand. */
export function acceptedMeasurements(policy: string): readonly string[] {
  const read = measurementDemand.safeParse(parsed(policy));
  return read.success ? read.data.checks.measurement.require.map(({ digest }) => digest) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const guestPolicyDemand = z.object({
  checks: z.object({ guestPolicy: z.object({ require: z.object({ allowed: z.array(z.string()) }) }) }),
});
const measurementDemand = z.object({
  checks: z.object({ measurement: z.object({ require: z.array(z.object({ digest: z.string() })) }) }),
});
