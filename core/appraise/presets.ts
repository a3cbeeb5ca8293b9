// Policies to start from. Nothing that AMD's own documents do not settle is a default: such floors are waived, and say so.
// Never a finished policy: the owner narrows it.
import type { AppraisalPolicy, PolicyChecks } from "./policy.ts";
import type { Demand } from "./policy-reader.ts";

export interface ManualPresetInput {
  /** Hex, 48 bytes each. Without any, the first launch is by hand. */
  readonly measurements?: readonly string[];
  /** Hex, 64 bytes each. */
  readonly chipIds?: readonly string[];
}

/** For real VMs: a person approves every launch. */
export function manualPreset({ measurements = [], chipIds = [] }: ManualPresetInput = {}): AppraisalPolicy {
  return {
    version: 1,
    checks: {
      ...base,
      measurement: listOrWaived(measurements, "first launch by hand: compare the measurement before you approve"),
      chipId: listOrWaived(chipIds, "any chip of these lines: enter your host's CHIP_ID to tie the VM to it"),
    },
    release: "manual",
    freshnessSeconds: 120,
    approvalSeconds: 900,
    secondLaunch: "wait",
  };
}

/** For VMs enrolled as simulated: the same demands, as far as a simulation can meet them in earnest. */
export function simulatedPreset(): AppraisalPolicy {
  const policy = manualPreset();
  return { ...policy, checks: { ...policy.checks, measurement: { waived: "simulated: there is no firmware to measure" } } };
}

function listOrWaived(listed: readonly string[], reason: string): Demand<readonly string[]> {
  return listed.length === 0 ? { waived: reason } : { require: listed };
}

const noFloor = { waived: "no floor is built in: enter one from AMD's bulletins for your host's firmware" };
const noIdBlock = { waived: "no ID block is used: measurement and configuration name the VM" };

const base: Omit<PolicyChecks, "measurement" | "chipId"> = {
  products: { require: ["Milan", "Genoa", "Turin"] },
  signers: { require: ["vcek"] },
  reportVersion: { require: { minimum: 3 } },
  vmpl: { require: { maximum: 0 } },
  configuration: { require: true },
  idKeyDigest: noIdBlock,
  authorKeyDigest: noIdBlock,
  familyId: noIdBlock,
  imageId: noIdBlock,
  guestSvn: noIdBlock,
  guestPolicy: { require: { allowed: ["smt"], demanded: [], abiMinimum: "0.0" } },
  // Version 3 reports carry the bit, and without the check a host can alias memory with a changed DIMM.
  platform: { require: { required: ["aliasCheckComplete"], forbidden: [], unknownAllowed: [] } },
  reportedTcb: noFloor,
  committedTcb: noFloor,
  currentTcb: noFloor,
  launchTcb: noFloor,
  firmware: noFloor,
  mitigations: noFloor,
  provisionalFirmware: { require: true },
  revocation: { require: true },
};
