// Where is the person in the guide, and what is still in the way? Worked out from what was typed: nobody gets past a step that has a fault, and what is asked
// of the service at the end is whole or not there.
import type { BootSet } from "../../core/measure/boot-set.ts";
import type { Faults, ReadBoot } from "../boot/boot-form.ts";
import { type PlanForm, planFormFor, readPlan, withDisks } from "../boot/plan-form.ts";
import { emptyDisk, type EnrolForm, readForm, type Step, stepOf, stepsOf } from "./enrol-form.ts";
import type { EnrolmentPlan } from "./enrolling.ts";

export interface Guide {
  readonly steps: readonly Step[];
  /** Index of {@link step}. */
  readonly at: number;
  readonly step: Step;
  /** Of this step alone: those before it have none. */
  readonly own: Faults;
  /** The measured files, where the VM has any. */
  readonly set: { readonly label: string; readonly set: BootSet } | undefined;
  readonly plan: PlanForm;
  /** Undefined while anything is in the way. */
  readonly whole: EnrolmentPlan | undefined;
}

/** @param asked the step in the address, which may be nonsense. */
export function guideOf(form: EnrolForm, boot: ReadBoot, planned: PlanForm | undefined, asked: string): Guide {
  const real = form.platform !== "simulated";
  const withBoot = real && !form.bootLater;
  const set = withBoot && "set" in boot ? boot : undefined;
  const plan = planOf(form, planned);
  const [read, host] = [readForm(form, set?.set.measurement), readPlan(plan)];
  const faults: Faults = new Map([
    ...("faults" in read ? read.faults : []),
    ...(withBoot && "faults" in boot ? boot.faults : []),
    ...(real && "faults" in host ? host.faults : []),
  ]);
  const steps = stepsOf(form.platform);
  const faulty = steps.findIndex((step) => [...faults.keys()].some((field) => stepOf(field) === step));
  const reached = faulty < 0 ? steps.length - 1 : faulty;
  const at = Math.min(Math.max(0, steps.indexOf(stepNamed(asked))), reached);
  const step = steps[at] ?? "machine";
  return {
    steps,
    at,
    step,
    own: new Map([...faults].filter(([field]) => stepOf(field) === step)),
    set,
    plan,
    whole:
      "enrolment" in read && faults.size === 0
        ? { enrolment: read.enrolment, boot: set, plan: real && "plan" in host ? host.plan : undefined }
        : undefined,
  };
}

function stepNamed(text: string): Step {
  return stepsOf("qemu").find((step) => step === text) ?? "machine";
}

function planOf(form: EnrolForm, planned: PlanForm | undefined): PlanForm {
  const disks = form.disks.map(({ id }) => id.trim());
  const fresh = planFormFor(form.name, disks);
  const smt = form.preset !== "strict";
  const plan = planned === undefined ? { ...fresh, bits: { ...fresh.bits, smt } } : { ...planned, disks: withDisks(planned, disks) };
  return form.platform === "simulated" ? plan : { ...plan, host: form.platform };
}

export const emptyForm: EnrolForm = {
  name: "",
  platform: "qemu",
  endpoints: "",
  disks: [emptyDisk(0)],
  bootLater: false,
  measurements: "",
  preset: "standard",
  policy: "",
};
