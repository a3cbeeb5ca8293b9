// How does the host start it? The last step: what the kit is written from, and what will be done when the person says so.
import type { Faults } from "../boot/boot-form.ts";
import type { PlanForm } from "../boot/plan-form.ts";
import { PlanFields } from "../parts/plan-fields.tsx";
import type { EnrolForm } from "./enrol-form.ts";

interface Props {
  readonly form: EnrolForm;
  readonly plan: PlanForm;
  readonly faults: Faults;
  readonly measured: boolean;
  readonly onPlan: (plan: PlanForm) => void;
}

export function KitStep({ form, plan, faults, measured, onPlan }: Props) {
  return (
    <>
      <PlanFields
        form={plan}
        onChange={onPlan}
        disks={form.disks.map(({ id }) => id.trim())}
        faults={faults}
        smtRefused={form.preset === "strict" && form.policy.trim() === ""}
      />
      <p className="quiet">
        {measured
          ? "Enrolling makes its disk keys and its configuration, lets launches with the measured boot files pass, and writes the kit. No key is ever shown."
          : "Enrolling makes its disk keys and its configuration. The kit follows when its boot files are known. No key is ever shown."}
      </p>
    </>
  );
}
