// How does a VM become known? A guide of steps; nothing is made before its end, so that going back costs nothing. The step is in the address, what was typed
// stays here above the steps.
import { type SyntheticEvent, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import type { StatusView } from "../../core/api/schemas.ts";
import { useConnection } from "../api/query.ts";
import { emptyBoot, type Faults, readBoot } from "../boot/boot-form.ts";
import { noStrayDrops } from "../boot/stray-drops.ts";
import type { PlanForm } from "../boot/plan-form.ts";
import { useBootFiles } from "../boot/use-boot-files.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { Steps } from "../parts/steps.tsx";
import { BootStep } from "./enrol-boot.tsx";
import { DiskFields } from "./enrol-disks.tsx";
import { type EnrolForm, type Step, stepsOf } from "./enrol-form.ts";
import { emptyForm, guideOf } from "./enrol-guide.ts";
import { KitStep } from "./enrol-kit.tsx";
import { MachineStep } from "./enrol-machine.tsx";
import { PolicyStep } from "./enrol-policy.tsx";
import { useEnrolling } from "./enrolling.ts";

export function EnrolPage({ status, step: asked }: { readonly status: StatusView; readonly step: string }) {
  const connection = useConnection();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState<EnrolForm>(emptyForm);
  // The manager may begin to listen only now: until the person types another, its address is the newest one.
  const suggested = status.listener.endpoint ?? status.listener.address ?? "";
  const form = typed.endpoints === "" ? { ...typed, endpoints: suggested } : typed;
  const setForm = (next: EnrolForm): void => setTyped(next.endpoints === suggested ? { ...next, endpoints: "" } : next);
  const [planned, setPlanned] = useState<PlanForm>();
  const [tried, setTried] = useState<ReadonlySet<Step>>(new Set());
  const [tries, setTries] = useState(0);
  const files = useBootFiles(emptyBoot);
  const { action, made, run } = useEnrolling();
  useEffect(noStrayDrops, []);

  const boot = useMemo(() => readBoot(files.form), [files.form]);
  // Once it is enrolled there is no way back: what is left to do is asked for from the last step.
  const guide = guideOf(form, boot, planned, made === undefined ? asked : (stepsOf(form.platform).at(-1) ?? asked));
  const { steps, at, step, set } = guide;
  const last = at === steps.length - 1;
  const own: Faults = tried.has(step) ? guide.own : new Map();
  useStepFocus(step);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (guide.own.size > 0) {
      setTried(new Set([...tried, step]));
      setTries(tries + 1);
    } else if (!last) navigate(hrefOf(steps[at + 1] ?? step));
    else if (guide.whole !== undefined) run(guide.whole, (vm) => navigate(`/vms/${vm.id}/${set === undefined ? "enrolled" : "kit"}`));
  };
  return (
    <>
      <PageHead title="Enrol a virtual machine" back={{ href: "/vms", label: "Virtual machines" }} />
      <Steps
        steps={steps.map((one, index) => ({
          title: titles[one],
          href: hrefOf(one),
          state: index === at ? "now" : index < at && made === undefined ? "done" : "later",
        }))}
      />
      <form className="form form-page" onSubmit={submit} noValidate>
        <FaultSummary faults={own} tries={tries} />
        <Section id="step" title={`Step ${at + 1} of ${steps.length}: ${titles[step]}`} lead={leads[step]}>
          {step === "machine" && <MachineStep form={form} faults={own} diskFolder={status.simulation.diskFolder} onChange={setForm} />}
          {step === "boot" && <BootStep form={form} files={files} read={boot} faults={own} tried={tried.has(step)} onChange={setForm} />}
          {step === "disks" && <DisksStep form={form} faults={own} status={status} onChange={setForm} />}
          {step === "policy" && <PolicyStep form={form} faults={own} measurement={set?.set.measurement} onChange={setForm} />}
          {step === "kit" && <KitStep form={form} plan={guide.plan} faults={own} measured={set !== undefined} onPlan={setPlanned} />}
        </Section>
        {action.failure !== undefined && (
          <FailureNotice failure={action.failure} title={made === undefined ? "It was not enrolled" : "The rest was not done"} />
        )}
        {made !== undefined && action.failure !== undefined && (
          <Notice tone="info" title={`${made.name} is enrolled`}>
            <p>
              Try the rest again, or go on from <Link href={`/vms/${made.id}`}>its own page</Link>.
            </p>
          </Notice>
        )}
        <div className="guide-buttons">
          {at > 0 && made === undefined && (
            <button type="button" className="button button-plain" onClick={() => navigate(hrefOf(steps[at - 1] ?? step))}>
              Back
            </button>
          )}
          {last ? (
            <ActionButton submits kind="primary" can={act(connection)} running={action.running && "Enrolling …"}>
              {made !== undefined ? "Try the rest again" : set === undefined ? "Enrol" : "Enrol and make the kit"}
            </ActionButton>
          ) : (
            <button type="submit" className="button button-primary">
              Next: {titles[steps[at + 1] ?? step]}
            </button>
          )}
        </div>
      </form>
    </>
  );
}

interface DisksProps {
  readonly form: EnrolForm;
  readonly faults: Faults;
  readonly status: StatusView;
  readonly onChange: (form: EnrolForm) => void;
}

function DisksStep({ form, faults, status, onChange }: DisksProps) {
  const { diskFolder } = status.simulation;
  return (
    <>
      {form.platform === "simulated" && diskFolder !== undefined && (
        <p className="field-hint">
          Disks of a simulated VM are files that are made here, in <code>{diskFolder}</code>.
        </p>
      )}
      <DiskFields
        disks={form.disks}
        faults={faults}
        uuids={form.platform !== "simulated"}
        onChange={(disks) => onChange({ ...form, disks })}
      />
    </>
  );
}

/** Another step is heard, and begins at its top; the first one leaves the focus where the person is. */
function useStepFocus(step: Step): void {
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    document.getElementById("step")?.focus();
  }, [step]);
}

function hrefOf(step: Step): string {
  return `/vms/enrol/${step}`;
}

const titles: Readonly<Record<Step, string>> = { machine: "Machine", boot: "Boot files", disks: "Disks", policy: "Policy", kit: "Kit" };
const leads: Readonly<Record<Step, string>> = {
  machine: "Nothing is made before the last step. You can go back at any time.",
  boot: "What the processor measures when the VM starts: only this is given keys.",
  disks: "What the agent opens in the VM. Each disk gets a fresh key of its own.",
  policy: "What the evidence of every launch must show.",
  kit: "What the host is told. The kit is written from this, ready to paste.",
};
