// How does the host start this VM? The plan as a form, kept by the service; the kit is written from it anew.
import { type SyntheticEvent, useState } from "react";
import type { VmDetail } from "../../core/api/schemas.ts";
import { hosts } from "../../core/kit/launch-kit.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import type { Faults } from "../boot/boot-form.ts";
import { planFormFor, readPlan } from "../boot/plan-form.ts";
import { refusesSmt } from "../boot/policy-reading.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { Choice } from "../parts/field.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { PlanFields } from "../parts/plan-fields.tsx";
import { hostWords } from "../words.ts";

export function PlanEditor({ vm }: { readonly vm: VmDetail }) {
  const connection = useConnection();
  const action = useAction();
  const disks = vm.disks.map(({ id }) => id);
  const [form, setForm] = useState(() => planFormFor(vm.name, disks, vm.hostPlan));
  const [tries, setTries] = useState(0);
  const read = readPlan(form);
  const faults: Faults = tries > 0 && "faults" in read ? read.faults : new Map();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setTries(tries + 1);
    if ("plan" in read) action.run((client) => client.kit.setPlan({ vm: vm.id, plan: read.plan }));
  };
  return (
    <form className="form form-page" onSubmit={submit} noValidate>
      <FaultSummary faults={faults} tries={tries} />
      <Choice
        legend="Host"
        name="host"
        value={form.host}
        onChange={(host) => setForm({ ...form, host })}
        options={hosts.map((host) => ({ value: host, label: hostWords[host] }))}
      />
      <PlanFields form={form} onChange={setForm} disks={disks} faults={faults} smtRefused={refusesSmt(vm.policy)} />
      {action.failure !== undefined && <FailureNotice failure={action.failure} title="It was not kept" />}
      <div>
        <ActionButton submits kind="primary" can={act(connection)} running={action.running && "Keeping it …"}>
          Write the kit from this
        </ActionButton>
      </div>
    </form>
  );
}
