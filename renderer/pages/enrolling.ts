// What happens when the guide is at its end? The VM is enrolled, gets its boot files, then its plan: three questions to the service, in this order. What was
// done stays done: trying again goes on where it stopped.
import { useState } from "react";
import type { HostPlanView } from "../../core/api/kit-schemas.ts";
import type { Enrolment, VmDetail } from "../../core/api/schemas.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { type Action, useAction } from "../api/action.ts";
import type { Client } from "../api/link.ts";
import { questionOf } from "../boot/boot-form.ts";

export interface EnrolmentPlan {
  readonly enrolment: Enrolment;
  readonly boot: { readonly label: string; readonly set: BootSet } | undefined;
  readonly plan: HostPlanView | undefined;
}

export interface Enrolling {
  readonly action: Action;
  /** The VM, once it is enrolled: from then on its name and disks are fixed. */
  readonly made: VmDetail | undefined;
  readonly run: (what: EnrolmentPlan, then: (vm: VmDetail) => void) => void;
}

export function useEnrolling(): Enrolling {
  const action = useAction();
  const [made, setMade] = useState<VmDetail>();
  const carryOut = async (client: Client, { enrolment, boot, plan }: EnrolmentPlan): Promise<VmDetail> => {
    let vm = made ?? (await client.vms.add(enrolment));
    setMade(vm);
    if (boot !== undefined && vm.bootSets.length === 0) {
      vm = await client.boot.add({ vm: vm.id, label: boot.label, set: questionOf(boot.set) });
      setMade(vm);
    }
    return plan === undefined ? vm : client.kit.setPlan({ vm: vm.id, plan });
  };
  return { action, made, run: (what, then) => action.run((client) => carryOut(client, what), then) };
}
