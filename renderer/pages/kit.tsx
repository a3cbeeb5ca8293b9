// What does the host need to start this VM so that it can be attested? The kit of one boot set; without a plan or boot files, or
// an approval that the owner's key waits for, it asks for those first.
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { bootSetWords, inUse, newestInUse, stateOf } from "../boot/boot-set-state.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { BootSetMark } from "../parts/boot-set-mark.tsx";
import { Answer, Empty } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { SelectField } from "../parts/select-field.tsx";
import { ApproveAheadDialog } from "./boot-set-dialogs.tsx";
import { MadeKit } from "./made-kit.tsx";
import { PlanEditor } from "./plan-editor.tsx";

interface Props {
  readonly id: string;
  /** Another than the newest that is approved. */
  readonly bootSet: string | undefined;
  readonly status: StatusView;
}

export function KitPage({ id, bootSet, status }: Props) {
  const vm = useQuery({
    key: `vm/${id}`,
    ask: (client) => client.vms.get({ id }),
    concerns: (event) => event.kind === "vm" && (event.id === undefined || event.id === id),
  });
  return (
    <>
      {vm.state !== "ready" && <PageHead title="Launch kit" back={{ href: `/vms/${id}`, label: "Virtual machine" }} />}
      <Answer query={vm} what="this virtual machine">
        {(detail) => <KitOf vm={detail} bootSet={bootSet} status={status} />}
      </Answer>
    </>
  );
}

function KitOf({ vm, bootSet, status }: Omit<Props, "id"> & { readonly vm: VmDetail }) {
  const chosen = vm.bootSets.find(({ id }) => id === bootSet) ?? newestInUse(vm);
  return (
    <>
      <PageHead
        title={`Launch kit of ${vm.name}`}
        back={{ href: `/vms/${vm.id}`, label: vm.name }}
        lead="What to give the host, and where it goes. Nothing in it is secret, and the host can change nothing in it unseen."
      />
      {vm.hostPlan === undefined && (
        <Section title="How does the host start it?" lead="The kit is written from this.">
          <PlanEditor vm={vm} />
        </Section>
      )}
      {chosen === undefined && (
        <Empty title="Its boot files are not known yet">
          <p>
            <Link href={`/vms/${vm.id}/boot-files`}>Measure its boot files</Link>, and the kit is written here.
          </p>
        </Empty>
      )}
      {vm.hostPlan !== undefined && chosen !== undefined && <MadeFrom vm={vm} chosen={chosen} confirmation={status.confirmation} />}
    </>
  );
}

interface MadeProps {
  readonly vm: VmDetail;
  readonly chosen: KeptBootSetView;
  readonly confirmation: StatusView["confirmation"];
}

function MadeFrom({ vm, chosen, confirmation }: MadeProps) {
  const [, navigate] = useLocation();
  const signing = vm.hostPlan?.idKey;
  const sets = inUse(vm);
  return (
    <>
      <Section title="Made from" beside={<BootSetMark state={stateOf(vm, chosen)} />}>
        {sets.length > 1 && (
          <SelectField
            label="Boot files"
            value={chosen.id}
            onChange={(id) => navigate(`/vms/${vm.id}/kit/${id}`)}
            options={sets.map((kept) => ({
              value: kept.id,
              label: `${kept.label} (${bootSetWords[stateOf(vm, kept)].word.toLowerCase()})`,
            }))}
          />
        )}
        <details className="older">
          <summary>Change how the host starts it</summary>
          <PlanEditor key={JSON.stringify(vm.hostPlan)} vm={vm} />
        </details>
      </Section>
      {signing !== undefined && chosen.approvedAt === undefined ? (
        <ApproveFirst vm={vm} chosen={chosen} confirmation={confirmation} idKey={signing} />
      ) : (
        <MadeKit vm={vm} chosen={chosen} />
      )}
    </>
  );
}

/** A signed block admits an image, so the service signs for nothing that a person did not approve. */
function ApproveFirst({ vm, chosen, confirmation, idKey }: MadeProps & { readonly idKey: string }) {
  const connection = useConnection();
  const [asking, setAsking] = useState(false);
  return (
    <Section title="Approve the boot files first">
      <p>
        The kit has an ID block that your key <code>{idKey}</code> signs, and it signs only for boot files that a person approved.
      </p>
      <ActionButton kind="primary" can={act(connection)} onPress={() => setAsking(true)}>
        Approve {chosen.label} …
      </ActionButton>
      {asking && <ApproveAheadDialog vm={vm} kept={chosen} confirmation={confirmation} onClose={() => setAsking(false)} />}
    </Section>
  );
}
