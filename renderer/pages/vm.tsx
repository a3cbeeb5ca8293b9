// What does the manager know of this VM, and what must the host be told? Its configuration and HOST_DATA, disks, policy and
// launches; enable and disable.
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { act, simulate } from "../can.ts";
import { AskDialog } from "../parts/ask-dialog.tsx";
import { BootSetsSection } from "../parts/boot-sets-section.tsx";
import { ActionButton } from "../parts/button.tsx";
import { ConfigurationSection } from "../parts/configuration-section.tsx";
import { Digest } from "../parts/digest.tsx";
import { LaunchTable } from "../parts/launch-table.tsx";
import { EnabledMark, SimulatedBadge } from "../parts/mark.tsx";
import { Answer, Empty, FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead, Pairs, Section } from "../parts/page.tsx";
import { WhenExactly } from "../parts/time.tsx";
import { ApprovalsSection, ChipsSection } from "../parts/vm-past.tsx";
import { DisksSection, HostSection, PolicySection } from "../parts/vm-sections.tsx";

interface Props {
  readonly id: string;
  readonly status: StatusView;
  /** Straight after its enrolment. */
  readonly fresh?: boolean;
}

export function VmPage({ id, status, fresh = false }: Props) {
  const vm = useQuery({
    key: `vm/${id}`,
    ask: (client) => client.vms.get({ id }),
    concerns: (event) => event.kind === "launch" || (event.kind === "vm" && (event.id === undefined || event.id === id)),
  });
  return (
    <>
      {vm.state !== "ready" && <PageHead title="Virtual machine" back={back} />}
      <Answer query={vm} what="this virtual machine">
        {(detail) => (
          <>
            <VmHead vm={detail} status={status} />
            {fresh && <Enrolled vm={detail} />}
            {detail.failedOpens > 0 && <FailedOpens count={detail.failedOpens} />}
            <HostSection vm={detail} />
            <ConfigurationSection vm={detail} />
            <BootSetsSection vm={detail} status={status} />
            <DisksSection vm={detail} />
            <PolicySection vm={detail} />
            <ApprovalsSection vm={detail} />
            <ChipsSection vm={detail} />
            <Launches id={id} />
            <About vm={detail} />
          </>
        )}
      </Answer>
    </>
  );
}

function VmHead({ vm, status }: { readonly vm: VmDetail; readonly status: StatusView }) {
  const connection = useConnection();
  const launching = useAction();
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  return (
    <>
      <PageHead
        title={vm.name}
        back={back}
        beside={
          <>
            {vm.simulated && <SimulatedBadge />}
            <EnabledMark enabled={vm.enabled} />
          </>
        }
        actions={
          <>
            {vm.simulated && (
              <ActionButton
                can={simulate(vm, status, connection)}
                running={launching.running && "Starting …"}
                onPress={() =>
                  launching.run(
                    (client) => client.simulations.launch({ vm: vm.id }),
                    (started) => navigate(`/simulations/${started.id}`),
                  )
                }
              >
                <FlaskConical aria-hidden size={16} /> Launch it, simulated
              </ActionButton>
            )}
            <ActionButton can={act(connection)} kind={vm.enabled ? "danger" : "plain"} onPress={() => setAsking(true)}>
              {vm.enabled ? "Disable" : "Enable"}
            </ActionButton>
          </>
        }
      />
      {launching.failure !== undefined && <FailureNotice failure={launching.failure} title="The simulation did not start" />}
      {asking && <EnableDialog vm={vm} onClose={() => setAsking(false)} />}
    </>
  );
}

function EnableDialog({ vm, onClose }: { readonly vm: VmDetail; readonly onClose: () => void }) {
  const verb = vm.enabled ? "Disable" : "Enable";
  return (
    <AskDialog
      title={`${verb} ${vm.name}?`}
      verb={verb}
      doing={vm.enabled ? "Disabling …" : "Enabling …"}
      danger={vm.enabled}
      ask={(client) => client.vms.setEnabled({ id: vm.id, enabled: !vm.enabled })}
      onClose={onClose}
    >
      {vm.enabled
        ? "Its launches will be refused, and one that waits for a decision now is cancelled. Its keys and its history stay."
        : "It may launch again, and its count of failed opens starts at zero."}
    </AskDialog>
  );
}

function Enrolled({ vm }: { readonly vm: VmDetail }) {
  return (
    <Notice tone="info" title={`${vm.name} is enrolled`}>
      <p>
        Its disk {vm.disks.length === 1 ? "key is" : "keys are"} in the keychain.{" "}
        {vm.simulated
          ? "Launch it here whenever you like."
          : "Measure its boot files as soon as they are built: then its launch kit has everything for the host. Until then its first launch is compared by hand."}
      </p>
    </Notice>
  );
}

function FailedOpens({ count }: { readonly count: number }) {
  return (
    <Notice
      tone="wait"
      title={count === 1 ? "The last release did not open its disks" : `The last ${count} releases did not open their disks`}
    >
      <p>
        Too many of these and the service stops releasing keys to this VM. Look at its launches; disabling and enabling it starts the count
        again.
      </p>
    </Notice>
  );
}

function Launches({ id }: { readonly id: string }) {
  const launches = useQuery({
    key: `vm/${id}/launches`,
    ask: (client) => client.launches.list({ vm: id, limit: shown }),
    concerns: ({ kind }) => kind === "launch",
  });
  return (
    <Section title="Launches" bare>
      <Answer query={launches} what="its launches">
        {(list) =>
          list.length === 0 ? (
            <Empty title="It has never launched">
              <p>Its first launch will wait for you under Launches.</p>
            </Empty>
          ) : (
            <LaunchTable launches={list} caption="Launches of this virtual machine, newest first" withVm={false} />
          )
        }
      </Answer>
    </Section>
  );
}

function About({ vm }: { readonly vm: VmDetail }) {
  return (
    <Section title="About this virtual machine">
      <Pairs
        beside
        pairs={[
          { term: "Enrolled", value: <WhenExactly at={vm.createdAt} /> },
          { term: "Id", value: <Digest value={vm.id} what="VM id" /> },
          { term: "Failed opens since the last success", value: String(vm.failedOpens) },
        ]}
      />
    </Section>
  );
}

const back = { href: "/vms", label: "Virtual machines" } as const;
const shown = 20;
