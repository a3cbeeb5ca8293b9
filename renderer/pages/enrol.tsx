// How does a VM become known? The owner names it, its disks and where its agent finds this manager; the service makes the rest.
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Choice, TextArea, TextField } from "../parts/field.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { DiskFields } from "./enrol-disks.tsx";
import { emptyDisk, type EnrolForm, type Faults, readForm, withKind } from "./enrol-form.ts";

export function EnrolPage({ status }: { readonly status: StatusView }) {
  const connection = useConnection();
  const action = useAction();
  const [, navigate] = useLocation();
  const [form, setForm] = useState<EnrolForm>({
    name: "",
    kind: "real",
    disks: [emptyDisk(0)],
    endpoints: status.listener.address ?? "",
    measurements: "",
    policy: "",
  });
  const { diskFolder } = status.simulation;
  const [tries, setTries] = useState(0);
  const read = readForm(form);
  const faults: Faults = tries > 0 && "faults" in read ? read.faults : new Map();
  const change = (part: Partial<EnrolForm>): void => setForm({ ...form, ...part });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setTries(tries + 1);
    if ("enrolment" in read)
      action.run(
        (client) => client.vms.add(read.enrolment),
        ({ id }) => navigate(`/vms/${id}/enrolled`),
      );
  };
  return (
    <>
      <PageHead
        title="Enrol a virtual machine"
        back={{ href: "/vms", label: "Virtual machines" }}
        lead="The service makes its configuration, its disk keys and the HOST_DATA value. No key is ever shown."
      />
      <form className="form form-page" onSubmit={submit} noValidate>
        <FaultSummary faults={faults} tries={tries} />
        <Section title="Machine">
          <TextField
            id="name"
            label="Name"
            hint="As you call it. It shows beside every launch."
            value={form.name}
            onChange={(name) => change({ name })}
            error={faults.get("name")}
          />
          <Choice
            legend="Processor"
            name="kind"
            value={form.kind}
            onChange={(kind) => setForm(withKind(form, kind, diskFolder))}
            options={kinds}
          />
        </Section>
        <Section title="Disks" lead="What the agent opens in the VM. Each disk gets a fresh key of its own.">
          {form.kind === "simulated" && diskFolder !== undefined && (
            <p className="field-hint">
              Disks of a simulated VM are files that are made here, in <code>{diskFolder}</code>.
            </p>
          )}
          <DiskFields disks={form.disks} faults={faults} onChange={(disks) => change({ disks })} />
        </Section>
        <Section title="Manager">
          <TextArea
            id="endpoints"
            label="Addresses of this manager"
            hint="host:port, one a line, tried in order. The VM must be able to reach them."
            rows={3}
            code
            value={form.endpoints}
            onChange={(endpoints) => change({ endpoints })}
            error={faults.get("endpoints")}
          />
        </Section>
        <Section title="Expectations">
          <TextArea
            id="measurements"
            label="Expected launch digests"
            hint="MEASUREMENT values, 96 hex digits, one a line. Without any, you compare by hand at each approval."
            rows={3}
            code
            value={form.measurements}
            onChange={(measurements) => change({ measurements })}
            error={faults.get("measurements")}
          />
          <details className="older" open={form.policy !== "" || undefined}>
            <summary>Use a policy of your own</summary>
            <TextArea
              id="policy"
              label="Appraisal policy as JSON"
              hint="Replaces the preset as a whole. Leave it empty to use the preset."
              rows={8}
              code
              value={form.policy}
              onChange={(policy) => change({ policy })}
              error={faults.get("policy")}
            />
          </details>
        </Section>
        {action.failure !== undefined && <FailureNotice failure={action.failure} title="It was not enrolled" />}
        <div>
          <ActionButton submits kind="primary" can={act(connection)} running={action.running && "Enrolling …"}>
            Enrol
          </ActionButton>
        </div>
      </form>
    </>
  );
}

/** Takes the focus after a submit that was not accepted, so that it is heard; each fault leads to its field. */
function FaultSummary({ faults, tries }: { readonly faults: Faults; readonly tries: number }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (tries > 0) box.current?.focus();
  }, [tries]);
  if (faults.size === 0) return null;
  return (
    <section className="faults" ref={box} tabIndex={-1} aria-labelledby="faults-title">
      <p id="faults-title" className="notice-title">
        {faults.size === 1 ? "One field needs another look" : `${faults.size} fields need another look`}
      </p>
      <ul>
        {[...faults].map(([field, sentence]) => (
          <li key={field}>
            <button type="button" className="link-button" onClick={() => document.getElementById(field)?.focus()}>
              {sentence}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const kinds = [
  { value: "real", label: "A real AMD SEV-SNP processor", hint: "Its evidence must lead to AMD's roots." },
  {
    value: "simulated",
    label: "A simulated processor",
    hint: "For trying: runs on this machine, is marked SIMULATED everywhere and never accepts real evidence.",
  },
] as const;
