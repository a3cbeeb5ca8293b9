// Policies to start from, each with its reasons. Nothing that AMD's own documents do not settle is a default: such floors are waived, and say so.
// Never a finished policy: the owner narrows it.
import type { AppraisalPolicy, PolicyChecks } from "./policy.ts";
import type { PerLine, ReferenceValue, TcbFloor } from "./policy-demands.ts";
import type { Demand } from "./policy-reader.ts";

export const presetNames = ["strict", "standard", "lab", "simulated"] as const;
export type PresetName = (typeof presetNames)[number];

export interface PresetInput {
  /** Without any, measurements are compared by hand at the first launch. */
  readonly measurements?: readonly ReferenceValue[];
  /** Hex, 64 bytes each. */
  readonly chipIds?: readonly string[];
  /** For all four TCB versions. */
  readonly floors?: PerLine<TcbFloor>;
}

export interface Preset {
  readonly title: string;
  /** For whom it is, what it demands and what it gives up, in sentences. */
  readonly notes: readonly string[];
  readonly policy: (input: PresetInput) => AppraisalPolicy;
}

export const presets: { readonly [name in PresetName]: Preset } = {
  strict: {
    title: "Strict",
    notes: [
      "For VMs whose secrets are worth an attack on the host. It refuses machines that share cores between VMs, uncommitted firmware and reports below version 3.",
      "A person approves what is new; a later launch goes by itself only on a known chip, with firmware that did not go back, and as the only instance.",
      "It needs from you: your chips, floors for the TCB, and the measurement. Each that is missing is waived in words until you give it.",
      "A VM that restarts within ten minutes waits, because the instance before it may still run.",
    ],
    policy: strictPreset,
  },
  standard: {
    title: "Standard",
    notes: [
      "For VMs in a data centre of somebody else. It accepts machines with simultaneous multithreading, as most are set up.",
      "A person approves the first launch and everything that is new; a launch that matches an approved one goes by itself.",
      "Floors for the TCB are waived until you give them; what changed since the last launch is shown in each result.",
    ],
    policy: standardPreset,
  },
  lab: {
    title: "Lab",
    notes: [
      "For machines on your own bench, where firmware changes often. A person approves every launch.",
      "It gives up: committed firmware, the check for aliased memory, and a current revocation list (a week of grace). Use it for nothing that is secret.",
    ],
    policy: labPreset,
  },
  simulated: {
    title: "Simulated",
    notes: [
      "For VMs that are enrolled as simulated, to try Portcullis without an SNP machine. A person approves every launch.",
      "It demands what a simulation can meet in earnest. No processor stands behind it: it proves nothing and protects nothing.",
    ],
    policy: simulatedPreset,
  },
};

export function strictPreset(input: PresetInput = {}): AppraisalPolicy {
  const policy = standardPreset(input);
  return {
    ...policy,
    checks: {
      ...policy.checks,
      guestPolicy: { require: { allowed: [], demanded: [], abiMinimum: "0.0" } },
      platform: { require: { required: ["aliasCheckComplete"], forbidden: ["smtEn"], unknownAllowed: [] } },
      collateralAge: { require: { maximumDays: 60 } },
      knownChip: { require: true },
      tcbHistory: { require: true },
      freshInstance: { require: true },
      otherInstance: { require: { minutes: 10 } },
    },
    failedOpensMaximum: 3,
    freshnessSeconds: 60,
  };
}

/** For real VMs: where a new one starts from. */
export function standardPreset({ measurements = [], chipIds = [], floors }: PresetInput = {}): AppraisalPolicy {
  const tcb = floors === undefined ? noFloor : { require: floors };
  return {
    version: 1,
    checks: {
      ...base,
      measurement: listOrWaived(measurements, "first launch by hand: compare the measurement before you approve"),
      chipId: listOrWaived(chipIds, "any chip of these lines: enter your host's CHIP_ID to tie the VM to it"),
      reportedTcb: tcb,
      committedTcb: tcb,
      currentTcb: tcb,
      launchTcb: tcb,
    },
    rules: [],
    release: "first-launch-manual",
    releaseTimes: "any",
    failedOpensMaximum: 5,
    freshnessSeconds: 120,
    approvalSeconds: 900,
    secondLaunch: "wait",
  };
}

export function labPreset(input: PresetInput = {}): AppraisalPolicy {
  const policy = standardPreset(input);
  return {
    ...policy,
    checks: {
      ...policy.checks,
      platform: { require: { required: [], forbidden: [], unknownAllowed: [] } },
      provisionalFirmware: { waived: "lab: firmware is changed often here" },
      revocation: { require: { graceHours: 168 } },
    },
    release: "manual",
    failedOpensMaximum: 20,
  };
}

/** For VMs enrolled as simulated: the same demands, as far as a simulation can meet them in earnest. */
export function simulatedPreset({ measurements = [] }: PresetInput = {}): AppraisalPolicy {
  const policy = standardPreset();
  const measurement = listOrWaived(measurements, "simulated: there is no firmware to measure");
  return { ...policy, checks: { ...policy.checks, measurement }, release: "manual" };
}

function listOrWaived<T>(listed: readonly T[], reason: string): Demand<readonly T[]> {
  return listed.length === 0 ? { waived: reason } : { require: listed };
}

const noFloor = { waived: "no floor is built in: enter one from AMD's bulletins for your host's firmware" };
const noIdBlock = { waived: "no ID block is used: measurement and configuration name the VM" };
const signalOnly = { waived: "a signal in the result, not a reason to refuse" };

type Base = Omit<PolicyChecks, "measurement" | "chipId" | "reportedTcb" | "committedTcb" | "currentTcb" | "launchTcb">;
const base: Base = {
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
  firmware: noFloor,
  mitigations: noFloor,
  provisionalFirmware: { require: true },
  revocation: { require: { graceHours: 0 } },
  collateralAge: { waived: "AMD's own date of the next list rules" },
  knownChip: signalOnly,
  tcbHistory: signalOnly,
  freshInstance: signalOnly,
  otherInstance: signalOnly,
};
