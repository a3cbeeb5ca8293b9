// Which kernel does this VM get next? The boot files' fields again, as they are now until another file is given; measured here, kept as a candidate, and
// approved ahead on the VM's page, so that the update never stops a boot.
import { type SyntheticEvent, useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { VmDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { bootFormFrom, emptyBoot, type Faults, questionOf, readBoot } from "../boot/boot-form.ts";
import { newestInUse } from "../boot/boot-set-state.ts";
import { noStrayDrops } from "../boot/stray-drops.ts";
import { useBootFiles } from "../boot/use-boot-files.ts";
import { act } from "../can.ts";
import { BootFields } from "../parts/boot-fields.tsx";
import { ActionButton } from "../parts/button.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { Answer, FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";

export function BootFilesPage({ id }: { readonly id: string }) {
  const vm = useQuery({ key: `vm/${id}`, ask: (client) => client.vms.get({ id }), concerns: () => false });
  return (
    <>
      {vm.state !== "ready" && <PageHead title="Boot files" back={{ href: `/vms/${id}`, label: "Virtual machine" }} />}
      <Answer query={vm} what="this virtual machine">
        {(detail) => <NextFiles vm={detail} />}
      </Answer>
    </>
  );
}

function NextFiles({ vm }: { readonly vm: VmDetail }) {
  const connection = useConnection();
  const action = useAction();
  const [, navigate] = useLocation();
  const current = newestInUse(vm);
  const files = useBootFiles(current === undefined ? emptyBoot : bootFormFrom(current.set));
  const [tries, setTries] = useState(0);
  useEffect(noStrayDrops, []);
  const read = useMemo(() => readBoot(files.form), [files.form]);
  const faults: Faults = tries > 0 && "faults" in read ? read.faults : new Map();
  const known = "set" in read ? vm.bootSets.find(({ set }) => set.measurement === read.set.measurement) : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setTries(tries + 1);
    if ("set" in read)
      action.run(
        (client) => client.boot.add({ vm: vm.id, label: read.label, set: questionOf(read.set) }),
        () => navigate(`/vms/${vm.id}`),
      );
  };
  return (
    <>
      <PageHead
        title={current === undefined ? `Boot files of ${vm.name}` : `The next kernel of ${vm.name}`}
        back={{ href: `/vms/${vm.id}`, label: vm.name }}
        lead={
          current === undefined
            ? "Measured in this page; no file leaves this machine."
            : `It starts from ${current.label}: give only the files that change. Measured in this page; no file leaves this machine.`
        }
      />
      <form className="form form-page" onSubmit={submit} noValidate>
        <FaultSummary faults={faults} tries={tries} />
        <Section title="Boot files">
          <BootFields files={files} read={read} tried={tries > 0} />
        </Section>
        {known !== undefined && (
          <Notice tone="info" title="Nothing that is measured is another">
            <p>It measures what {known.label} measures. Give the file that changes.</p>
          </Notice>
        )}
        {action.failure !== undefined && <FailureNotice failure={action.failure} title="It was not added" />}
        <div>
          <ActionButton submits kind="primary" can={act(connection)} running={action.running && "Adding …"}>
            Add as a candidate
          </ActionButton>
        </div>
      </form>
    </>
  );
}
